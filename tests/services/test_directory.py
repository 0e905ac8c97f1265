import pytest

from aapimport.errors import ServiceError, SettingsError
from aapimport.services.directory import Absent, Found, Unknown
from aapimport.services.portal import Portal
from faults.stub import ScimStub
from faults.wire import RESET, Response, as_json, error, instead, page


def found_id(result: object) -> str:
    """The id of who was found."""
    assert isinstance(result, Found), result
    return result.account.id


@pytest.mark.parametrize("filters", ["folded", "exact", "ignored"])
def test_the_right_person_is_found_among_others(portal: Portal, portal_stub: ScimStub, filters):
    """Whatever comes back is compared: the first of many is never simply taken."""
    portal_stub.habits.filters = filters
    for number in range(30):
        portal_stub.add_user(f"other{number}@acme.com")
    wanted = portal_stub.add_user("ana@acme.com")
    assert found_id(portal.look_up("ana@acme.com")) == wanted
    assert portal.look_up("nobody@acme.com") == Absent()


def test_a_lower_cased_address_is_found(portal: Portal, portal_stub: ScimStub):
    """A server that keeps addresses in lower case and compares exactly hides nobody."""
    portal_stub.habits.filters = "exact"
    wanted = portal_stub.add_user("ana@acme.com")
    assert found_id(portal.look_up("Ana@Acme.com")) == wanted


def test_an_account_with_another_user_name_is_found_by_its_e_mail(
    portal: Portal, portal_stub: ScimStub
):
    """Where userName isn't the address, the account's e-mail is."""
    wanted = portal_stub.add_user("aperez", emails=[{"value": "ANA@acme.com"}])
    assert found_id(portal.look_up("ana@acme.com")) == wanted


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
    wanted = portal_stub.add_user("ana@acme.com")
    portal_stub.on("POST", "/Users/.search", instead(answer), times=100)
    assert found_id(portal.look_up("ana@acme.com")) == wanted


def test_addresses_stay_out_of_web_addresses(portal: Portal, portal_stub: ScimStub):
    """Where /.search is offered no address of a person is in any URL, a hiccup or not."""
    portal_stub.add_user("ana@acme.com")
    portal_stub.on("POST", "/Users/.search", instead(page(502)))
    portal.look_up("ana@acme.com")
    portal.look_up("bo@acme.com")
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
    assert isinstance(portal.look_up("ana@acme.com"), Unknown)


def test_where_filters_are_refused_the_list_is_walked(portal: Portal, portal_stub: ScimStub):
    """A server without filters is asked for everybody; without the list, nothing is known."""
    portal_stub.habits.filters = "refused"
    wanted = portal_stub.add_user("ana@acme.com")
    assert found_id(portal.look_up("ana@acme.com")) == wanted
    assert portal.look_up("bo@acme.com") == Absent()
    portal_stub.on("GET", "/Users", instead(error(500)), times=100)
    assert isinstance(portal.look_up("ana@acme.com"), Unknown)


def test_an_answer_that_was_cut_off_puts_no_address_into_a_url(
    portal: Portal, portal_stub: ScimStub
):
    """One unreadable answer of /.search is asked for again, and not taken for its absence."""
    wanted = portal_stub.add_user("ana@acme.com")
    portal_stub.on("POST", "/Users/.search", instead(Response(status=200, body=b'{"tot')))
    for _ in range(2):
        assert found_id(portal.look_up("ana@acme.com")) == wanted
    assert not [one for one in portal_stub.seen if one.method == "GET"]


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
    assert len([one for one in portal_stub.seen if one.path == "/Users"]) == 2
    portal_stub.habits.filters = "ignored"
    assert isinstance(portal.look_up("p20@acme.com"), Unknown)


def test_a_list_that_ends_in_an_error_is_no_whole_list(portal: Portal, portal_stub: ScimStub):
    """A page that fails ends the walk with an error that says which service."""
    portal_stub.habits.page = 5
    for number in range(12):
        portal_stub.add_user(f"p{number}@acme.com")
    portal_stub.on("GET", "/Users", instead(error(500, "overloaded")), skip=2, times=100)
    with pytest.raises(ServiceError, match=r"All Access Pass answers GET /Users .*overloaded"):
        list(portal.everybody())


def test_people_without_an_address_stop_the_list(portal: Portal, portal_stub: ScimStub):
    """Who can't be compared might be anybody."""
    portal_stub.add_user("")
    with pytest.raises(ServiceError, match="without an id or an address"):
        list(portal.everybody())


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


@pytest.mark.parametrize("answer", [error(404), page(404), page(200), error(501), Response()])
def test_a_service_without_discovery_can_do_the_least(
    portal: Portal, portal_stub: ScimStub, answer: Response
):
    """Where nothing is announced nothing is believed, and no error is made of it."""
    portal_stub.on("GET", ".*", instead(answer), times=10)
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
