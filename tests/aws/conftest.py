"""Outcomes that several tests read: each terraform run happens once."""

import functools

import pytest

from terraform import MODULES, Tree, one


class Outcomes:
    def __init__(self, folder):
        self.tree = Tree(folder)

    @functools.cache
    def module(self, part):
        return self.tree.test(part)

    @functools.cache
    def run(self, example, name):
        return self.tree.run(f"examples/{example}", name)

    def plans(self):
        """(name, plan) of every run that has one."""
        for outcome_name, outcome in ([(part, self.module(part)) for part in MODULES] +
                                      [("examples/complete", self.run("complete", "complete"))]):
            for run, plan in outcome.plans.items():
                yield f"{outcome_name} {run}", plan


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory):
    return Outcomes(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session")
def complete(outcomes):
    """The plan of examples/complete with everything pinned."""
    return outcomes.run("complete", "complete").plans["phase_2_pulls_and_opens"]


@pytest.fixture(scope="session")
def build(outcomes):
    """The plan of the node's module that builds on the host."""
    return outcomes.module("modules/bitcoin-enclave-node").plans["good_values_are_not_warned_of"]


@pytest.fixture(scope="session")
def all_defaults(outcomes):
    return outcomes.module("modules/bitcoin-enclave-node").plans["all_defaults_plan_with_three_warnings"]


@pytest.fixture(scope="session")
def user_data(build):
    return one(build, "aws_instance")["user_data"]
