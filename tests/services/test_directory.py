import pytest

from aapimport.errors import ServiceError, SettingsError
from aapimport.services.directory import Absent, Found, Several, Unknown
from aapimport.services.portal import Portal
from aapimport.services.values import Wanted
from support.stub import ScimStub
from support.wire import RESET, Response, as_json, error, instead, page


def found_id(result: object) -> str:
    """The id of who was found."""
    assert isinstance(result, Found), result
    return result.account.id


def alike_id(result: object) -> str:
    """The id of the account that has the address, of somebody who was not found."""
    assert isinstance(result, Absent), result
    assert result.alike is not None
    return result.alike.id


def wanted(email: str, first: str = "Ana", last: str = "Perez", key: str = "") -> Wanted:
    """A person who is looked for."""
    return Wanted(email=email, first_name=first, last_name=last, external_id=key)


@pytest.mark.parametrize("filters", ["folded", "exact", "ignored"])
def test_the_right_person_is_found_among_others(portal: Portal, portal_stub: ScimStub, filters):
    """Whatever comes back is compared: the first of many is never simply taken."""
    portal_stub.habits.filters = filters
    for number in range(30):
        portal_stub.add_user(f"other{number}@acme.com")
    there = portal_stub.add_user("ana@acme.com")
    assert found_id(portal.look_up(wanted("ana@acme.com"))) == there
    assert portal.look_up(wanted("nobody@acme.com")) == Absent()


def test_a_lower_cased_address_is_found(portal: Portal, portal_stub: ScimStub):
    """A server that keeps addresses in lower case and compares exactly hides nobody."""
    portal_stub.habits.filters = "exact"
    there = portal_stub.add_user("ana@acme.com")
    assert found_id(portal.look_up(wanted("Ana@Acme.com"))) == there


def test_where_user_names_are_no_addresses_e_mail_and_names_decide(
    portal: Portal, portal_stub: ScimStub
):
    """An employee number with the address and the names is the person; with other names nobody."""
    there = portal_stub.add_user("E0017", emails=[{"value": "ANA@acme.com"}])
    assert found_id(portal.look_up(wanted("ana@acme.com"))) == there
    for look in (portal.look_up, portal.look_everywhere):
        assert alike_id(look(wanted("ana@acme.com", "Bob", "Berg"))) == there
    portal_stub.add_user("E0018", emails=[{"value": "ana@acme.com"}])
    for look in (portal.look_up, portal.look_everywhere):
        assert alike_id(look(wanted("ana@acme.com"))) == there  # two may be: neither is


def test_several_accounts_with_one_user_name_are_nobodys(portal: Portal, portal_stub: ScimStub):
    """Where a service has let an address be taken twice, only our key tells which is whose."""
    portal_stub.habits.unique = False
    first = portal_stub.add_user("ana@acme.com", externalId="key-1")
    second = portal_stub.add_user("Ana@acme.com")
    for look in (portal.look_up, portal.look_everywhere):
        answer = look(wanted("ana@acme.com"))
        assert isinstance(answer, Several)
        assert f"2 accounts have this address ({first}, {second})" in answer.reason
        assert found_id(look(wanted("ana@acme.com", key="key-1"))) == first


def test_a_second_address_is_nobodys_account(portal: Portal, portal_stub: ScimStub):
    """An alias that was handed on doesn't make one person the other, even of the same name."""
    there = portal_stub.add_user(
        "bob@acme.com",
        "Bob",
        "Berg",
        emails=[{"value": "bob@acme.com"}, {"value": "desk@acme.com"}],
    )
    for filters in ("folded", "refused"):
        portal_stub.habits.filters = filters
        assert alike_id(portal.look_up(wanted("desk@acme.com", "Bob", "Berg"))) == there


def test_our_own_key_finds_an_account_that_was_renamed(portal: Portal, portal_stub: ScimStub):
    """Whom we created is found by our key whatever the service has made of the userName."""
    portal_stub.add_user("bo@acme.com", "Bo", "Li", externalId="key-2")
    there = portal_stub.add_user("ana.perez@acme.com", externalId="key-1")
    assert found_id(portal.look_up(wanted("ana@acme.com", key="key-1"))) == there
    assert found_id(portal.look_everywhere(wanted("ana@acme.com", key="key-1"))) == there
    assert portal.look_up(wanted("ana@acme.com", key="key-3")) == Absent()


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("ana@xn--mnchen-3ya.de", "Ana@München.de"),
        ("ana@münchen.de", "ana@xn--mnchen-3ya.de"),
    ],
)
def test_a_domain_is_looked_for_in_both_its_forms(
    portal: Portal, portal_stub: ScimStub, kept: str, typed: str
):
    """A filter compares letter by letter; the mailbox is the same."""
    there = portal_stub.add_user(kept)
    portal_stub.add_user("ana@munchen.de", "Ana", "Berg")
    assert found_id(portal.look_up(wanted(typed))) == there


@pytest.mark.parametrize(
    "answer",
    [
        error(400),
        error(403),
        error(404),
        error(405),
        error(501),
        page(404),
        page(200),
        as_json(200, {}),
        as_json(200, {"hello": "world"}),
    ],
)
def test_where_search_by_post_is_not_offered_get_is_used(
    portal: Portal, portal_stub: ScimStub, answer: Response
):
    """However a server says that it has no /.search, the look-up is made the other way."""
    there = portal_stub.add_user("ana@acme.com")
    portal_stub.on("POST", "/Users/.search", instead(answer), times=100)
    assert found_id(portal.look_up(wanted("ana@acme.com"))) == there


def test_addresses_stay_out_of_web_addresses(portal: Portal, portal_stub: ScimStub):
    """Where /.search is offered no address of a person is in any URL, a hiccup or not."""
    portal_stub.add_user("ana@acme.com")
    portal_stub.on("POST", "/Users/.search", instead(page(502)))
    portal.look_up(wanted("ana@acme.com"))
    portal.look_up(wanted("bo@acme.com"))
    assert not [one.query for one in portal_stub.seen if one.method == "GET" and one.query]


@pytest.mark.parametrize(
    "answer",
    [
        RESET,
        error(500),
        page(503),
        Response(status=200, body=b'{"totalResults": 1, "Resour', cut=12),
        as_json(200, {"totalResults": 3, "Resources": []}),
        as_json(200, {"totalResults": 1, "Resources": [{"userName": "ana@acme.com"}]}),
        as_json(200, {"totalResults": 1, "Resources": "ana"}),
    ],
)
def test_a_look_up_that_failed_is_never_absent(
    portal: Portal, portal_stub: ScimStub, answer: Response
):
    """No answer, an error, or a count without people: nothing is known."""
    for method, path in (("POST", "/Users/.search"), ("GET", "/Users")):
        portal_stub.on(method, path, instead(answer), times=100)
    assert isinstance(portal.look_up(wanted("ana@acme.com")), Unknown)


def test_where_filters_are_refused_the_list_is_walked(portal: Portal, portal_stub: ScimStub):
    """A server without filters is asked for everybody; without the list, nothing is known."""
    portal_stub.habits.filters = "refused"
    there = portal_stub.add_user("ana@acme.com")
    assert found_id(portal.look_up(wanted("ana@acme.com"))) == there
    assert portal.look_up(wanted("bo@acme.com")) == Absent()
    portal_stub.on("GET", "/Users", instead(error(500)), times=100)
    assert isinstance(portal.look_up(wanted("ana@acme.com")), Unknown)


def test_an_answer_that_was_cut_off_puts_no_address_into_a_url(
    portal: Portal, portal_stub: ScimStub
):
    """One unreadable answer of /.search is asked for again, and not taken for its absence."""
    there = portal_stub.add_user("ana@acme.com")
    portal_stub.on("POST", "/Users/.search", instead(Response(status=200, body=b'{"tot')))
    for _ in range(2):
        assert found_id(portal.look_up(wanted("ana@acme.com"))) == there
    assert not [one for one in portal_stub.seen if one.path == "/Users"]


@pytest.mark.parametrize(("size", "cap"), [(1000, None), (7, None), (7, 10), (1, 3)])
def test_the_walk_goes_by_what_arrives(portal: Portal, portal_stub: ScimStub, size, cap):
    """Pages of any size and a total that is capped: everybody is seen once."""
    portal_stub.habits.page, portal_stub.habits.total_cap = size, cap
    for number in range(25):
        portal_stub.add_user(f"p{number}@acme.com")
    seen = [account.user_name for account in portal.everybody()]
    assert sorted(seen) == sorted(f"p{number}@acme.com" for number in range(25))


def test_a_list_that_repeats_its_first_page_is_no_whole_list(portal: Portal, portal_stub: ScimStub):
    """Page one for ever ends the walk, and with an error: those missing are not absent."""
    portal_stub.habits.page, portal_stub.habits.same_page = 7, True
    for number in range(25):
        portal_stub.add_user(f"p{number}@acme.com")
    with pytest.raises(ServiceError, match="7 of 25"):
        list(portal.everybody())
    assert len([one for one in portal_stub.seen if one.path == "/Users"]) == 3  # once more, to see
    portal_stub.habits.filters = "ignored"
    assert isinstance(portal.look_up(wanted("p20@acme.com")), Unknown)


def test_a_list_that_ends_in_an_error_is_no_whole_list(portal: Portal, portal_stub: ScimStub):
    """A page that fails ends the walk with an error that says which service."""
    portal_stub.habits.page = 5
    for number in range(12):
        portal_stub.add_user(f"p{number}@acme.com")
    portal_stub.on("GET", "/Users", instead(error(500, "overloaded")), skip=2, times=100)
    with pytest.raises(ServiceError, match=r"All Access Pass answers GET /Users .*overloaded"):
        list(portal.everybody())


@pytest.mark.parametrize("rubbish", [17, "ana", [], {}, {"id": ".."}, {"id": True}, {"id": "."}])
def test_what_has_no_id_is_counted_and_named(portal: Portal, portal_stub: ScimStub, rubbish):
    """One malformed account is left out, and the pages go on where they would have gone on."""
    portal_stub.habits.page = 3
    people = [{"id": f"u{number}", "userName": f"p{number}@acme.com"} for number in range(7)]
    people.insert(2, rubbish)
    portal_stub.store.users = {str(number): one for number, one in enumerate(people)}
    assert len(list(portal.everybody())) == 7
    assert portal.malformed == ["the account at position 3 has no usable id"]


def test_who_has_no_name_is_counted_and_named(portal: Portal, portal_stub: ScimStub):
    """An account without a userName, or with a list for one, forbids nothing."""
    portal_stub.add_user("")
    portal_stub.add_user("ana@acme.com")
    portal_stub.store.users["x"] = {"id": "x", "userName": [["ana"]], "emails": 7, "name": "Ana"}
    assert [one.user_name for one in portal.everybody()] == ["ana@acme.com"]
    assert portal.malformed == [
        "account 'user-1' has no userName",
        "account 'x' has no userName",
    ]
    assert [one.id for one in portal.unusable] == ["user-1", "x"]


@pytest.mark.parametrize(
    "damaged",
    [
        page(200),
        Response(status=200, body=b'{"totalResults": 2, "Resour'),
        as_json(200, {}),
        as_json(200, {"totalResults": 2}),
        as_json(200, {"totalResults": 2, "Resources": []}),
        as_json(200, {"totalResults": 2, "Resources": {"id": "x"}}),
    ],
)
def test_a_damaged_list_is_asked_for_again(
    portal: Portal, portal_stub: ScimStub, damaged: Response
):
    """A web page or half a list with 200 is out of order, and never a list of nobody."""
    _ = portal.capabilities
    portal_stub.add_user("ana@acme.com")
    portal_stub.add_user("bo@acme.com")
    portal_stub.on("GET", "/Users", instead(damaged), times=2)
    assert len(list(portal.everybody())) == 2
    portal_stub.on("GET", "/Users", instead(damaged), times=3)
    with pytest.raises(ServiceError, match="does not answer GET /Users with a list"):
        list(portal.everybody())


def test_a_token_that_expires_ends_every_reading(portal: Portal, portal_stub: ScimStub):
    """Nobody becomes unknown, or is asked for again, with a token that is refused."""
    there = portal_stub.add_user("ana@acme.com")
    _ = portal.capabilities
    portal_stub.habits.token = "another"
    for ask in (
        lambda: portal.look_up(wanted("ana@acme.com")),
        lambda: portal.look_everywhere(wanted("ana@acme.com")),
        lambda: portal.fetch(there),
        lambda: portal.search('userName eq "ana@acme.com"'),
        portal.some_people,
    ):
        before = len(portal_stub.seen)
        with pytest.raises(SettingsError, match="refuses the token"):
            ask()
        assert len(portal_stub.seen) == before + 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_a_setting(portal: Portal, portal_stub: ScimStub, status: int):
    """A token that a service refuses ends as a settings error that names the service."""
    portal_stub.on("GET", ".*", instead(error(status)), times=10)
    with pytest.raises(SettingsError, match="All Access Pass refuses the token"):
        _ = portal.capabilities


def test_another_address_is_a_setting(portal: Portal, portal_stub: ScimStub):
    """A service that has moved is not followed, and that is said."""
    portal_stub.on("GET", ".*", instead(error(302, headers={"Location": "/x"})), times=10)
    with pytest.raises(SettingsError, match="never followed"):
        _ = portal.capabilities


@pytest.mark.parametrize("answer", [error(404), page(404), page(200), error(501)])
def test_a_service_without_discovery_can_do_the_least(
    portal: Portal, portal_stub: ScimStub, answer: Response
):
    """Where nothing is announced nothing is believed, and no error is made of it."""
    portal_stub.on("GET", "/(?!Users).*", instead(answer), times=10)
    capabilities = portal.capabilities
    assert (capabilities.bulk, capabilities.mails, capabilities.passes) == (0, False, False)
    assert capabilities.keeps("roles")


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_discovery_that_fails_is_not_taken_for_little(
    portal: Portal, portal_stub: ScimStub, path: str, status: int
):
    """A service that is out of order may have passes all the same: nothing is guessed."""
    portal_stub.on("GET", path, instead(error(status, "busy")), times=10)
    with pytest.raises(ServiceError, match="busy"):
        _ = portal.capabilities


def test_nonsense_in_discovery_is_ignored(portal: Portal, portal_stub: ScimStub):
    """Lists where numbers belong, and the other way round, mean: not announced."""
    for path, body in (
        ("/ServiceProviderConfig", {"bulk": {"supported": "yes", "maxOperations": [1]}, "etag": 1}),
        ("/ResourceTypes", {"Resources": [{"schemaExtensions": 7}, 8, None, "x"]}),
        ("/Schemas", {"Resources": {"id": "x"}}),
    ):
        portal_stub.on("GET", path, instead(as_json(200, body)))
    assert portal.capabilities.bulk == 0
    assert not portal.capabilities.etags


def test_an_account_is_read_back_by_its_own_id(portal: Portal, portal_stub: ScimStub):
    """An answer about somebody else, or about nobody, is not the account."""
    ana, bo = portal_stub.add_user("ana@acme.com"), portal_stub.add_user("bo@acme.com")
    portal_stub.on("GET", f"/Users/{ana}", instead(as_json(200, portal_stub.store.users[bo])))
    assert isinstance(portal.fetch(ana), Unknown)
    portal_stub.on("GET", f"/Users/{ana}", instead(page(200)))
    assert isinstance(portal.fetch(ana), Unknown)
    assert portal.fetch("no-such-id") is None
    fetched = portal.fetch(ana)
    assert isinstance(fetched, tuple)
    assert fetched[0].user_name == "ana@acme.com"
