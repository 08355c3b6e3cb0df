"""`benctl eif` from outside: build, sign, verify, diff, extract, describe; and files that are not what they say."""

import json
import os
import struct
import subprocess
import zlib

import pytest

from node import BUILD, Done, program

# Runs a program and prints the most memory that it held, in KiB: at least this interpreter's own, some 10 MiB.
WATCH = "import os, sys; _, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0); " \
        "print(used.ru_maxrss); sys.exit(os.waitstatus_to_exitcode(status))"


@pytest.fixture
def eif(folder):
    """Runs `benctl eif ...` in a folder that holds a kernel, two ramdisks and a signer."""
    (folder / "kernel").write_bytes(b"a kernel")
    (folder / "program").write_bytes(b"#!program")
    (folder / "m0").write_text("dir /run 0755\nfile /init program 0755\n")
    (folder / "m1").write_text("packing gzip\nfile /data program 0644\n")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-days", "2",
                    "-subj", "/CN=test", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)

    def run(*arguments, status=0):
        done = Done(subprocess.run([program("benctl"), "eif", *map(str, arguments)], cwd=folder, capture_output=True, text=True))
        assert done.status == status, done
        return done

    for name in ("0", "1"):
        run("ramdisk", "--manifest", f"m{name}", "--output", f"r{name}")
    return run


INPUTS = ("--kernel", "kernel", "--cmdline", "reboot=k", "--ramdisk", "r0", "--ramdisk", "r1")
SIGNER = ("--key", "key.pem", "--cert", "cert.pem")


def test_what_is_built_is_described_in_nitro_clis_fields_signed_or_not(eif, folder):
    built = eif("build", *INPUTS, "--output", "a.eif", "--json").json
    described = eif("describe", "a.eif", "--json").json
    assert list(described) == ["EifVersion", "Measurements", "IsSigned", "CheckCRC", "ImageName", "ImageVersion", "Metadata"]
    assert (described["ImageName"], described["ImageVersion"]) == ("kernel", "1.0")
    assert described["Measurements"]["PCR0"] == built["PCR0"]
    assert described == json.loads(eif("describe", "a.eif").out)

    signed = eif("build", *INPUTS, *SIGNER, "--output", "b.eif", "--measurements", "b.json", "--json").json
    described = eif("describe", "b.eif", "--json").json
    assert described["IsSigned"] and described["SignatureCheck"]
    assert described["Measurements"]["PCR8"] == signed["PCR8"] == json.loads((folder / "b.json").read_text())["PCR8"]
    assert signed["PCR0"] == built["PCR0"]
    again = eif("sign", "a.eif", *SIGNER, "--output", "c.eif", "--json").json
    assert {name: again[name] for name in ("PCR0", "PCR1", "PCR2", "PCR8")} == {name: signed[name] for name in
                                                                             ("PCR0", "PCR1", "PCR2", "PCR8")}


def test_verify_says_yes_only_to_the_pinned_measurements_and_certificate_in_its_time(eif, folder):
    eif("build", *INPUTS, "--output", "a.eif", "--measurements", "a.json")
    eif("build", *INPUTS, *SIGNER, "--output", "b.eif")
    eif("build", *INPUTS[:-2], "--output", "other.eif", "--measurements", "other.json")
    assert eif("verify", "a.eif", "--measurements", "a.json", "--json").json["measurements"]
    assert eif("verify", "b.eif", "--measurements", "a.json", "--cert", "cert.pem", "--json").json["certificate_date"]
    assert not eif("verify", "a.eif", "--measurements", "other.json", "--json", status=1).json["measurements"]
    assert not eif("verify", "a.eif", "--cert", "cert.pem", "--json", status=1).json["certificate"]
    late = eif("verify", "b.eif", "--cert", "cert.pem", "--at", 4102444800, "--json", status=1).json
    assert late["certificate"] and not late["certificate_date"]
    eif("verify", "a.eif", status=2)


def test_diff_names_the_file_that_moved_a_measurement(eif, folder):
    eif("build", *INPUTS, "--output", "a.eif")
    assert eif("diff", "a.eif", "a.eif").out == "the same image\n"
    (folder / "program").write_bytes(b"#!Program")
    eif("ramdisk", "--manifest", "m1", "--output", "r1")
    eif("build", *INPUTS, "--version", "2", "--output", "b.eif")
    found = eif("diff", "a.eif", "b.eif", "--json", status=1).json["differences"]
    assert [(d["section"], d["files"], d["moved"]) for d in found] == [
        ("metadata", [], []), ("ramdisk 1", ["data: content"], ["PCR0", "PCR2"])]
    assert "ramdisk 1: " in eif("diff", "a.eif", "b.eif", status=1).out


def test_what_is_extracted_is_what_went_in(eif, folder):
    eif("build", *INPUTS, "--output", "a.eif")
    assert eif("extract", "a.eif", "--output", "parts", "--json").json["sections"] == 5
    assert sorted(path.name for path in (folder / "parts").iterdir()) == [
        "cmdline", "kernel", "metadata.json", "ramdisk0", "ramdisk0.files", "ramdisk1", "ramdisk1.files"]
    assert (folder / "parts/ramdisk1").read_bytes() == (folder / "r1").read_bytes()
    assert (folder / "parts/ramdisk1.files/data").read_bytes() == b"#!program"
    assert eif("extract", "a.eif", "--output", "parts", "--json", status=1).json["error"]["tag"] == "eif-output"


def test_a_failure_names_file_place_and_reason_and_leaves_nothing(eif, folder):
    eif("build", *INPUTS, "--output", "a.eif")
    image = bytearray((folder / "a.eif").read_bytes())
    image[27] += 1
    image[544:548] = struct.pack(">I", zlib.crc32(image[:544] + image[548:]))
    (folder / "lying.eif").write_bytes(image)
    (folder / "huge.eif").write_bytes(image[:552] + struct.pack(">Q", 1 << 63) + image[560:])
    (folder / "m2").write_text("dir /run 0755\nlink /a b 0777\n")
    (folder / "m3").write_text("file /init nowhere 0755\n")
    before = sorted(os.listdir(folder))
    for arguments, sentence in (
            (("measure", "lying.eif"), "lying.eif: image: fewer sections than the header says (at byte"),
            (("describe", "huge.eif"), "huge.eif: image: a section passes the end (at byte 548)"),
            (("diff", "a.eif", "lying.eif"), "lying.eif: "),
            (("sign", "lying.eif", *SIGNER, "--output", "x"), "lying.eif: "),
            (("sign", "a.eif", "--key", "key.pem", "--cert", "key.pem", "--output", "x"), "want one X.509 certificate"),
            (("extract", "lying.eif", "--output", "x"), "lying.eif: "),
            (("build", *INPUTS, "--ramdisk", "absent", "--output", "x"), "absent: this is not a regular file"),
            (("build", *INPUTS, "--custom", "{", "--output", "x"), "x: metadata: "),
            (("ramdisk", "--manifest", "m2", "--output", "x"), "m2 line 2: manifest: want "),
            (("ramdisk", "--manifest", "m3", "--output", "x"), "nowhere: this is not a regular file"),
            (("measure", "/"), "/: this is not a regular file")):
        done = eif(*arguments, status=1)
        assert sentence in done.err and done.err.count("\n") == 1, done
        assert sorted(os.listdir(folder)) == before


def peak_mib(*arguments):
    # What is freed is kept by the address sanitizer, which would count it.
    done = subprocess.run(["/usr/bin/python3", "-I", "-S", "-c", WATCH, program("benctl"), "eif", *arguments], text=True,
                          capture_output=True, check=True, env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=0"})
    return int(done.stdout.splitlines()[-1]) / 1024


def test_a_reader_takes_little_memory_whatever_the_file(eif, folder):
    """An image whose ramdisk of 256 MiB is a hole, and whose metadata cost the most memory for their size."""
    (folder / "empty").write_bytes(b"")
    sanitized = "-fsanitize=address" in (BUILD / "CMakeCache.txt").read_text()
    costly = "[{}" + ",{}" * 40_000 + "]"
    eif("build", *INPUTS[:4], "--ramdisk", "empty", "--docker-info", costly, "--output", "small.eif")
    image = bytearray((folder / "small.eif").read_bytes())
    size = 256 << 20
    image[-8:] = image[284 + 3 * 8:284 + 4 * 8] = struct.pack(">Q", size)
    crc = zlib.crc32(image[548:], zlib.crc32(image[:544]))
    for _ in range(size >> 20):
        crc = zlib.crc32(bytes(1 << 20), crc)
    image[544:548] = struct.pack(">I", crc)
    (folder / "large.eif").write_bytes(image)
    os.truncate(folder / "large.eif", len(image) + size)

    for command in ("measure", "describe"):
        small, large = peak_mib(command, folder / "small.eif"), peak_mib(command, folder / "large.eif")
        assert large - small < 4, (command, small, large)
        assert sanitized or large <= 16, (command, large)
