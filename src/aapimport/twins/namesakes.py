"""How likely two different people look like one: a company's names, domains and address shapes."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from aapimport.twins.name_forms import Form, Shape

_UNSEEN = 0.5
"""How often a name counts that nobody else here has (additive smoothing)."""
_BACKGROUND = 2000
"""People elsewhere that a small file is taken to be drawn from: two Ana Pérez among 25 rows are no
sign that the name is common."""
_SAMPLE = 1000
"""Addresses of a domain that its usual shapes are read from."""
_RARE = 0.01
"""Expected namesakes below which a name is rare enough to tell real twins from chance."""
_DOUBT = 20
"""Namesakes that have to be seen before a company counts as different from independent names."""
_ESTABLISHED = 5
"""Accounts on the pass from which a domain counts as one of the company's own."""


class Namesakes:
    """What is usual in a company: everyone on the pass and in the file.

    Args:
        forms: Everyone on the pass, then everyone in the file.
        existing: How many of them are on the pass.
    """

    def __init__(self, forms: Sequence[Form], existing: int) -> None:
        self._firsts = Counter(form.first for form in forms)
        self._lasts = Counter(form.last for form in forms)
        self._initials = Counter(form.first[:1] for form in forms)
        self._spelt = (
            Counter(form.spelt[0] for form in forms),
            Counter(form.spelt[1] for form in forms),
        )
        self._people = len(forms) + _BACKGROUND
        self._accounts = Counter(form.domain for form in forms[:existing])
        self._sample: dict[str, list[Form]] = defaultdict(list)
        for form in forms:
            sample = self._sample[form.domain]
            if len(sample) < _SAMPLE:
                sample.append(form)
        self._shapes: dict[str, Counter[Shape]] = {}
        self._kinship = 1.0
        self._kinship = self._find_kinship(forms)
        self._rare_newcomers = Counter(
            form.domain for form in forms[existing:] if self.is_rare(form)
        )

    def expected(self, form: Form, *, known: int) -> float:
        """How many others would bear a name by chance, first and last name being independent.

        Args:
            form: The bearer.
            known: How many bearers are accounted for: 1 for the person, 2 for a pair.
        """
        return self._product(self._firsts[form.first] - known, self._lasts[form.last] - known)

    def expected_initial(self, form: Form) -> float:
        """How many others would have a last name and the initial of a first name by chance."""
        return self._product(self._initials[form.first[0]] - 2, self._lasts[form.last] - 2)

    def _product(self, firsts: int, lasts: int) -> float:
        return self._kinship * max(firsts, _UNSEEN) * max(lasts, _UNSEEN) / self._people

    def _find_kinship(self, forms: Sequence[Form]) -> float:
        """How many more namesakes there are than independent names would make.

        A Swedish first name mostly goes with a Swedish last name, so that namesakes are some
        times more frequent than the product of the two frequencies says.
        """
        names = Counter((form.first, form.last) for form in forms)
        observed = sum(count * (count - 1) for count in names.values())
        expected = sum(self.expected(form, known=1) for form in forms)
        return max(1.0, (observed + _DOUBT) / (expected + _DOUBT))

    def is_rare(self, form: Form) -> bool:
        """Whether a namesake by chance is next to impossible."""
        return self.expected(form, known=2) <= _RARE

    def is_established(self, domain: str) -> bool:
        """Whether a domain is known from the pass: then it is no new name of another one."""
        return self._accounts[domain] >= _ESTABLISHED

    def rare_newcomers(self, domain: str) -> int:
        """How many newcomers at a domain have a rare name."""
        return self._rare_newcomers[domain]

    def spelling(self, one: Form, two: Form) -> float:
        """How usual the less usual of two spellings of one name is among its bearers, from 0 to 1.

        Among Jürgens one Jurgen is more likely a Jürgen than another person.
        """
        share = 1.0
        pairs = zip((one.first, one.last), (two.first, two.last), strict=True)
        for part, (counts, names) in enumerate(
            zip((self._firsts, self._lasts), pairs, strict=True)
        ):
            mine, yours = one.spelt[part], two.spelt[part]
            if mine != yours:
                rarer = min(self._spelt[part][mine], self._spelt[part][yours])
                bearers = sum(counts[name] for name in set(names))
                share = min(share, max(rarer - 1, _UNSEEN) / bearers)
        return share

    def is_alone(self, form: Form, other: Form) -> bool:
        """Whether the name in which a person differs from another is nobody else's."""
        if form.first != other.first:
            return self._firsts[form.first] == 1
        return self._lasts[form.last] == 1

    def share(self, form: Form) -> float:
        """Which part of a domain's addresses has the shape of this one, from 0 to 1."""
        sample = self._sample[form.domain]
        shapes = self._shapes.get(form.domain)
        if shapes is None:
            shapes = self._shapes[form.domain] = Counter(one.base for one in sample)
        return max(shapes[form.base], 1) / len(sample)
