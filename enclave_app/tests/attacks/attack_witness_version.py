"""Scripts of witness versions that have no rules yet: anybody can spend what is sent there."""

from building import Case, encode, pay, prove, spend

PUBLISHED = "BIP 141, witness program: unknown versions are anyone-can-spend"


def cases(wallet):
    def output(what, script):
        return Case(what, encode([spend(wallet.taproot, 500_000)], [pay(490_000, script)]), "policy-destination")

    def spent(what, script):
        strange = spend(wallet.taproot._replace(script=script), 500_000)
        yield Case(what, encode([strange], [pay(490_000)]), "psbt-missing-parent")
        yield Case(f"{what}, and its parent", encode([prove(strange, 500_000, script)], [pay(490_000)]), "psbt-input-script")

    program = wallet.taproot.script[2:]
    for opcode, version in ((0x52, 2), (0x60, 16)):
        yield output(f"an output of version {version}", bytes([opcode, 32]) + program)
    yield output("an output of version 1 with two bytes", bytes.fromhex("51024e73"))
    yield output("an output of version 0 with 33 bytes", b"\0\x21" + b"\2" + program)
    yield from spent("an input of version 2 with our key", b"\x52\x20" + program)
    yield from spent("an input of version 1 with 33 bytes", b"\x51\x21" + program + b"\0")
