"""The signer as it is measured: what its ELF file promises the kernel (elf(5)), read by binutils. And the host's
programs as they are shipped: what they ask of the system that they run on."""

import re
import subprocess

import pytest

from node import BUILD, SOURCE, program


@pytest.fixture(scope="module", autouse=True)
def release():
    if "BEN_STATIC_ENCLAVE:BOOL=ON" not in (BUILD / "CMakeCache.txt").read_text():
        pytest.skip("only the release preset's programs are measured and shipped: scripts/ci runs this with it")


@pytest.fixture(scope="module")
def signer():
    return program("enclave-signer")


def printed(*words):
    return subprocess.run([*map(str, words)], capture_output=True, text=True, check=True).stdout


def functions(signer):
    """Name and first address of each function of ours that is in the program."""
    lines = printed("nm", "--defined-only", signer).splitlines()
    return {name: int(address, 16) for address, kind, name in (line.split(maxsplit=2) for line in lines)
            if kind in "tTW" and name.startswith("_ZN3ben")}


def test_it_is_a_static_position_independent_program(signer):
    assert "DYN (Position-Independent Executable file)" in printed("readelf", "--file-header", signer)
    segments = printed("readelf", "--program-headers", "--wide", signer)
    assert "INTERP" not in segments
    assert "(NEEDED)" not in printed("readelf", "--dynamic", signer)


def test_no_memory_is_both_writable_and_executable(signer):
    segments = printed("readelf", "--program-headers", "--wide", signer)
    flags = re.findall(r"^  (\w+) +(?:0x\w+ +){5}([R ][W ][E ]) ", segments, re.MULTILINE)
    assert len(flags) >= 10
    assert [kind for kind, flag in flags if "W" in flag and "E" in flag] == []
    assert ("GNU_STACK", "RW ") in flags


def test_relocated_addresses_are_read_only_before_main(signer):
    assert "GNU_RELRO" in printed("readelf", "--program-headers", "--wide", signer)
    assert re.search(r"\(FLAGS_1\) +Flags: NOW PIE", printed("readelf", "--dynamic", signer))


def test_stacks_are_guarded_and_library_calls_are_bounded(signer):
    """-fstack-protector-strong and -D_FORTIFY_SOURCE=2: their failure paths are called from functions of ours."""
    code = printed("objdump", "--disassemble", "--no-show-raw-insn", signer)
    own = re.split(r"\n\n", code)
    own = [text for text in own if re.search(r"^[0-9a-f]+ <_ZN3ben", text, re.MULTILINE)]
    assert len(own) > 200
    assert sum("<__stack_chk_fail" in text for text in own) > 50
    assert re.search(r"_chk>", code)


def test_indirect_calls_into_our_code_land_on_marked_places(signer):
    """-fcf-protection=full: each function that a pointer can name begins with endbr64. Debian's static libraries are
    not all built so; the linker then leaves the note out, and it would be false to force it."""
    code = printed("objdump", "--disassemble", "--no-show-raw-insn", signer)
    begins = dict(re.findall(r"^[0-9a-f]+ <(_ZN3ben\w+)>:\n +[0-9a-f]+:\s+(\w+)", code, re.MULTILINE))
    ours = {name for name in functions(signer) if ".cold" not in name and ".part" not in name}
    listener = [name for name in ours if "VsockListener" in name]
    assert listener and all(begins[name] == "endbr64" for name in listener if name in begins)
    marked = sum(begins[name] == "endbr64" for name in begins if name in ours)
    assert marked > 50


def portable(path):
    """What the check says that each link of a host program ends with: it knows Amazon Linux 2023's glibc, 2.34."""
    check = SOURCE / "cmake" / "check_portable.cmake"
    return subprocess.run(["cmake", f"-DPROGRAM={path}", "-P", check], capture_output=True, text=True)


@pytest.mark.parametrize("name", ["enclave-broker", "benctl"])
def test_what_is_shipped_for_the_host_needs_nothing_that_amazon_linux_2023_lacks(name, tmp_path):
    stripped = tmp_path / name
    printed("strip", "--strip-all", "-o", stripped, program(name))
    assert portable(stripped).returncode == 0, portable(stripped).stderr
    symbols = printed("objdump", "--dynamic-syms", stripped)
    assert "GLIBC_2.34" in symbols and "GLIBCXX_" not in symbols
    assert "libstdc++" not in printed("readelf", "--dynamic", stripped)


@pytest.mark.parametrize("path, reason", [("/bin/bash", "needs GLIBC_2.3[5-9]"), ("/usr/bin/git", "needs lib.*statically")])
def test_a_program_that_needs_a_newer_glibc_or_another_library_is_refused(path, reason):
    done = portable(path)
    assert done.returncode != 0 and re.search(reason, " ".join(done.stderr.split())), done.stderr
