// Signs the PSBTs of a pack with btcd's packages, and judges what others signed with btcd's script engine.
//
// Usage: btcd PACK MILLISECONDS SIGNED, as sign_pack of this project has it. An input costs one derivation, from the branch's
// key. Or btcd judge PACK SIGNED: each PSBT of SIGNED, a line of hex each, has to be that of the pack with one signature
// field more in each input and nothing else changed; it is finalized, and every input is run by the engine. Prints as JSON
// how many signatures there were, and how many of the ECDSA ones have a low R.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/hdkeychain"
	"github.com/btcsuite/btcd/btcutil/psbt"
	"github.com/btcsuite/btcd/chaincfg"
	"github.com/btcsuite/btcd/txscript"
	"github.com/btcsuite/btcd/wire"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

type spend struct {
	branch *hdkeychain.ExtendedKey
	psbt   []byte
}

func readLines(path string) (lines []string) {
	file := bufio.NewScanner(bytes.NewReader(must(os.ReadFile(path))))
	file.Buffer(nil, 1<<24)
	for file.Scan() {
		lines = append(lines, file.Text())
	}
	return lines
}

func readPack(path string) (spends []spend) {
	for _, line := range readLines(path) {
		words := strings.Fields(line)
		key := must(hdkeychain.NewMaster(must(hex.DecodeString(words[1])), &chaincfg.RegressionNetParams))
		purpose := uint32(must(strconv.Atoi(words[0])))
		for _, step := range []uint32{purpose, 1, 0} {
			key = must(key.Derive(hdkeychain.HardenedKeyStart + step))
		}
		spends = append(spends, spend{must(key.Derive(0)), must(hex.DecodeString(words[2]))})
	}
	return spends
}

func parse(bytesIn []byte) *psbt.Packet {
	return must(psbt.NewFromRawBytes(bytes.NewReader(bytesIn), false))
}

func previousOutputs(packet *psbt.Packet) *txscript.MultiPrevOutFetcher {
	outputs := txscript.NewMultiPrevOutFetcher(nil)
	for i, input := range packet.UnsignedTx.TxIn {
		outputs.AddPrevOut(input.PreviousOutPoint, packet.Inputs[i].WitnessUtxo)
	}
	return outputs
}

func childKey(branch *hdkeychain.ExtendedKey, path []uint32) *btcec.PrivateKey {
	return must(must(branch.Derive(path[4])).ECPrivKey())
}

func signInput(packet *psbt.Packet, i int, branch *hdkeychain.ExtendedKey, hashes *txscript.TxSigHashes) {
	input := &packet.Inputs[i]
	coin := input.WitnessUtxo
	if len(input.TaprootBip32Derivation) > 0 {
		key := childKey(branch, input.TaprootBip32Derivation[0].Bip32Path)
		input.TaprootKeySpendSig = must(txscript.RawTxInTaprootSignature(
			packet.UnsignedTx, hashes, i, coin.Value, coin.PkScript, nil, txscript.SigHashDefault, key))
		return
	}
	origin := input.Bip32Derivation[0]
	signature := must(txscript.RawTxInWitnessSignature(packet.UnsignedTx, hashes, i, coin.Value, coin.PkScript,
		txscript.SigHashAll, childKey(branch, origin.Bip32Path)))
	input.PartialSigs = append(input.PartialSigs, &psbt.PartialSig{PubKey: origin.PubKey, Signature: signature})
}

func signOnce(each spend) []byte {
	packet := parse(each.psbt)
	hashes := txscript.NewTxSigHashes(packet.UnsignedTx, previousOutputs(packet))
	for i := range packet.Inputs {
		signInput(packet, i, each.branch, hashes)
	}
	return serialize(packet)
}

func serialize(packet *psbt.Packet) []byte {
	var out bytes.Buffer
	if err := packet.Serialize(&out); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func sign(pack string, long time.Duration, signed string) {
	spends := readPack(pack)
	inputs := 0
	for _, each := range spends {
		inputs += len(parse(each.psbt).Inputs)
	}
	fastest := time.Hour
	for end := time.Now().Add(long); ; {
		before := cpuTime()
		for _, each := range spends {
			signOnce(each)
		}
		fastest = min(fastest, cpuTime()-before)
		if !time.Now().Before(end) {
			break
		}
	}
	fmt.Printf("{\"inputs\": %d, \"sign\": %.3f}\n", inputs, float64(fastest.Nanoseconds())/1000/float64(inputs))
	var lines strings.Builder
	for _, each := range spends {
		lines.WriteString(hex.EncodeToString(signOnce(each)) + "\n")
	}
	if err := os.WriteFile(signed, []byte(lines.String()), 0o644); err != nil {
		panic(err)
	}
}

type tally struct{ signatures, lowR int }

// Takes the one signature of an input out of it, after a look at its form.
func (t *tally) withoutSignature(input *psbt.PInput) error {
	t.signatures++
	if len(input.TaprootBip32Derivation) > 0 {
		if len(input.TaprootKeySpendSig) != 64 {
			return errors.New("not a taproot signature of 64 bytes")
		}
		input.TaprootKeySpendSig = nil
		return nil
	}
	if len(input.PartialSigs) != 1 {
		return errors.New("not one signature")
	}
	signature := input.PartialSigs[0].Signature // 30 size 02 size R ..., then the signature hash type
	if signature[len(signature)-1] != byte(txscript.SigHashAll) {
		return errors.New("not SIGHASH_ALL")
	}
	if signature[3] <= 32 {
		t.lowR++
	}
	input.PartialSigs = nil
	return nil
}

func (t *tally) judge(original, signed []byte) error {
	packet := parse(signed)
	if err := psbt.MaybeFinalizeAll(packet); err != nil {
		return err
	}
	transaction := must(psbt.Extract(packet))
	outputs := previousOutputs(packet)
	hashes := txscript.NewTxSigHashes(transaction, outputs)
	for i, input := range transaction.TxIn {
		if err := run(transaction, i, outputs.FetchPrevOutput(input.PreviousOutPoint), hashes, outputs); err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
	}
	bare := parse(signed)
	for i := range bare.Inputs {
		if err := t.withoutSignature(&bare.Inputs[i]); err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
	}
	if !bytes.Equal(serialize(bare), serialize(parse(original))) {
		return errors.New("something else than a signature was changed")
	}
	return nil
}

func run(transaction *wire.MsgTx, i int, coin *wire.TxOut, hashes *txscript.TxSigHashes, outputs txscript.PrevOutputFetcher) error {
	engine, err := txscript.NewEngine(coin.PkScript, transaction, i, txscript.StandardVerifyFlags, nil, hashes, coin.Value, outputs)
	if err != nil {
		return err
	}
	return engine.Execute()
}

func judge(pack, signed string) {
	spends, lines := readPack(pack), readLines(signed)
	if len(spends) != len(lines) {
		panic("another number of PSBTs")
	}
	var count tally
	for i, line := range lines {
		if err := count.judge(spends[i].psbt, must(hex.DecodeString(line))); err != nil {
			fmt.Fprintf(os.Stderr, "btcd: PSBT %d: %v\n", i, err)
			os.Exit(1)
		}
	}
	fmt.Printf("{\"signatures\": %d, \"low_r\": %d}\n", count.signatures, count.lowR)
}

func main() {
	if os.Args[1] == "judge" {
		judge(os.Args[2], os.Args[3])
		return
	}
	sign(os.Args[1], time.Duration(must(strconv.Atoi(os.Args[2])))*time.Millisecond, os.Args[3])
}
