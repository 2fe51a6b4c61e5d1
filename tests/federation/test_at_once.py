"""Several processes of one node work on one database: each thing happens once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from node.errors import BusyError
from node.store.database import Store
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.network import Network, Node, rows_of


def at_once(node: Node, do: Callable[[Node], object], times: int = 3) -> None:
    """Do the same several times side by side, each with connections of its own, like so many processes."""
    together = Barrier(times)

    def one_process(_number: int) -> None:
        store = Store(node.store.engine.url.render_as_string(hide_password=False))
        try:
            together.wait()
            do(Node(node.identity, node.credentials, store))
        except BusyError:
            pass  # told to try again, and nothing was changed
        finally:
            store.close()

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(one_process, range(times)))


def test_an_import_that_is_started_several_times_brings_each_record_once(network: Network) -> None:
    alpha = network.node("alpha")
    at_once(alpha, lambda node: node.holds(a=SHOOTING, b=ROBBERY))
    assert alpha.counts() == {(): 2}
    assert len(rows_of(alpha.store)["revision"]) == 2
    assert alpha.faults(*network.origins()) == []


def test_a_release_that_is_started_several_times_logs_each_record_once(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
    at_once(alpha, lambda node: node.shares("a", "b", "c"))
    assert len(rows_of(alpha.store)["release"]) == 3
    assert network.sync(beta, alpha).received.accepted == 3
    assert beta.counts() == {(): 3}
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []


def test_a_callback_that_is_started_several_times_is_logged_once(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a", "b")
    alpha.holds(b=ROBBERY)
    at_once(alpha, lambda node: node.shares())
    assert len(rows_of(alpha.store)["entry"]) == 3
    assert alpha.faults(*network.origins()) == []
