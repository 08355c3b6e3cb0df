// Runs hf/nitrite, a verifier of others, on documents.
//
// Usage: nitrite ROOT, with a line "SECONDS FILE" on standard input for each document: prints a line each, accepted,
// refused or panics. Or nitrite ROOT SECONDS FILE MILLISECONDS: verifies the one document again and again for that long and
// prints the shortest CPU time of one verification, in microseconds.
package main

import (
	"bufio"
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hf/nitrite"
)

const runs = 20 // verifications between two looks at the clock, which counts the whole process

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func verdict(document []byte, options nitrite.VerifyOptions) (said string) {
	defer func() {
		if recover() != nil {
			said = "panics"
		}
	}()
	if _, err := nitrite.Verify(document, options); err != nil {
		return "refused"
	}
	return "accepted"
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func measure(document []byte, options nitrite.VerifyOptions, long time.Duration) time.Duration {
	shortest := time.Hour
	for end := time.Now().Add(long); time.Now().Before(end); {
		before := cpuTime()
		for range runs {
			if verdict(document, options) != "accepted" {
				panic("the document is not accepted")
			}
		}
		shortest = min(shortest, (cpuTime()-before)/runs)
	}
	return shortest
}

func main() {
	roots := x509.NewCertPool()
	roots.AddCert(must(x509.ParseCertificate(must(os.ReadFile(os.Args[1])))))
	at := func(seconds string) nitrite.VerifyOptions {
		return nitrite.VerifyOptions{Roots: roots, CurrentTime: time.Unix(must(strconv.ParseInt(seconds, 10, 64)), 0)}
	}
	if len(os.Args) == 5 {
		long := time.Duration(must(strconv.Atoi(os.Args[4]))) * time.Millisecond
		took := measure(must(os.ReadFile(os.Args[3])), at(os.Args[2]), long)
		fmt.Printf("%.1f\n", float64(took.Nanoseconds())/1000)
		return
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		seconds, file, _ := strings.Cut(lines.Text(), " ")
		fmt.Println(verdict(must(os.ReadFile(file)), at(seconds)))
	}
}
