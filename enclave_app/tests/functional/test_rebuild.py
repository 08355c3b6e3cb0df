"""`benctl rebuild` from outside, on small sources whose build-image copies an image that benctl made."""

import json
import subprocess

import pytest

from node import call

GIT = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main"]


def run(*arguments, cwd):
    return subprocess.run(arguments, cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def source(folder):
    """A repository with two commits: the second one's signer is another. Its commits, and what the first measures."""
    repository = folder / "source"
    (repository / "scripts").mkdir(parents=True)
    run(*GIT, "init", "--quiet", cwd=repository)
    script = repository / "scripts" / "build-image"
    script.write_text('#!/bin/sh\nset -eu\ncd "$(dirname "$0")/.."\nmkdir -p "$1"\ncp enclave.eif "$1/enclave.eif"\necho built\n')
    script.chmod(0o755)
    commits = []
    for signer in (b"one signer", b"another signer"):
        for name, content in (("kernel", b"a kernel"), ("ramdisk0", b"mount points"), ("ramdisk1", signer)):
            (folder / name).write_bytes(content)
        built = call("benctl", "eif", "build", "--kernel", folder / "kernel", "--cmdline", "quiet", "--ramdisk", folder / "ramdisk0",
                     "--ramdisk", folder / "ramdisk1", "--name", "n", "--version", "1", "--out", repository / "enclave.eif",
                     *([] if commits else ["--measurements", folder / "measurements.json"]))
        assert built.status == 0, built
        run("git", "add", ".", cwd=repository)
        run(*GIT, "commit", "--quiet", "--message", "a commit", cwd=repository)
        commits.append(run("git", "rev-parse", "HEAD", cwd=repository))
    return commits


def rebuild(folder, commit, out="out", *more):
    return call("benctl", "rebuild", "--source", folder / "source", "--commit", commit, "--measurements",
                folder / "measurements.json", "--out", folder / out, "--json", *more)


def test_the_published_commit_gives_the_published_measurements(folder, source):
    done = rebuild(folder, source[0])
    assert done.status == 0, done
    assert (done.json["PCR0"], done.json["PCR1"], done.json["PCR2"]) == (True, True, True)
    assert done.json["image"] == str(folder / "out" / "image" / "enclave.eif")


def test_another_signer_is_seen_and_said(folder, source):
    done = rebuild(folder, source[1])
    assert done.status == 1, done
    assert (done.json["PCR0"], done.json["PCR1"], done.json["PCR2"]) == (False, True, False)


def test_measurements_that_the_build_itself_claims_are_not_believed(folder, source):
    published = json.loads((folder / "measurements.json").read_text())
    script = folder / "source" / "scripts" / "build-image"
    script.write_text(script.read_text() + f"echo '{json.dumps(published)}' | tee \"$1/measurements.json\"\n")
    run(*GIT, "commit", "--quiet", "--all", "--message", "lie", cwd=folder / "source")
    assert rebuild(folder, "HEAD").status == 1


@pytest.mark.parametrize("commit, tag", [("--help", "usage"), ("no-such-commit", "rebuild-program")])
def test_what_is_no_commit_builds_nothing(folder, source, commit, tag):
    done = call("benctl", "rebuild", "--source", folder / "source", f"--commit={commit}", "--measurements",
                folder / "measurements.json", "--out", folder / "out", "--json")
    assert done.json["error"]["tag"] == tag
    assert not (folder / "out" / "image").exists()


def test_a_folder_that_exists_stays_as_it_is(folder, source):
    (folder / "out").mkdir()
    done = rebuild(folder, source[0])
    assert (done.status, done.json["error"]["tag"]) == (1, "rebuild-folder")
    assert not list((folder / "out").iterdir())


def test_a_build_that_fails_gives_no_verdict(folder, source):
    script = folder / "source" / "scripts" / "build-image"
    script.write_text(script.read_text() + "exit 3\n")
    run(*GIT, "commit", "--quiet", "--all", "--message", "break", cwd=folder / "source")
    done = rebuild(folder, "HEAD")
    assert (done.status, done.json["error"]["tag"]) == (1, "rebuild-program")
