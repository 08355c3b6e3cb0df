"""Fixtures of the functional tests."""

import shutil
import tempfile
from pathlib import Path

import pytest

from bitcoin import Bitcoin
from node import Node


@pytest.fixture
def folder():
    """A folder of the test's own, with a path short enough for unix sockets."""
    path = Path(tempfile.mkdtemp(prefix="ben-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def node(folder):
    """A node of which nothing runs yet: the test starts what it needs, everything is ended after it."""
    made = Node(folder / "node")
    yield made
    made.close()


@pytest.fixture
def armed_node(node):
    """A node with a wallet, sealed by KMS, and a policy under which `desk` may spend."""
    node.start()
    node.make_wallet()
    return node


@pytest.fixture(scope="module")
def shared_node():
    """An armed node that tests of one file share: they ask it, from as many sides as they like, and leave it as it is."""
    folder = Path(tempfile.mkdtemp(prefix="ben-"))
    made = Node(folder)
    try:
        made.start()
        made.make_wallet()
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def bitcoin(folder):
    """A real bitcoind on regtest."""
    made = Bitcoin(folder / "bitcoin")
    made.start()
    yield made
    made.stop()
