"""Fixtures of the functional tests."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

import pypi
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


@pytest.fixture(scope="module")
def botocore():
    """AWS's own client, from the cache, keyed by what is pinned; the package index is asked once."""
    requirements = (Path(__file__).parent / "botocore.txt").read_text()
    key = hashlib.sha256(requirements.encode()).hexdigest()[:16]
    folder, reason = pypi.install(f"botocore-{key}", requirements, ("--no-compile", "--only-binary", ":all:"))
    if folder is None:
        pytest.skip(f"botocore cannot be had: {reason}")
    sys.path.insert(0, str(folder))
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    import botocore.session
    yield botocore
    sys.path.remove(str(folder))
