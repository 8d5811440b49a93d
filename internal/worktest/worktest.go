// Package worktest holds the work of a piece of code to the size of its input.
// Work is counted in what is allocated and not in time, so that a test says the
// same on every machine; a fuzzing engine stops what hangs.
package worktest

import (
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"testing"
)

// slack is what a run may allocate whatever its input is, in bytes: tables that
// are built at first use, allocations that the runtime has not counted yet, and
// the judgement of all ports there are, which takes 17 MB for the word "any".
const slack = 96 << 20

// CheckBounded does the work and fails when it allocates more than perByte
// bytes for each of the size bytes of its input, beyond a constant.
func CheckBounded(t testing.TB, size int, perByte uint64, work func()) {
	t.Helper()
	before := allocated()
	work()
	if used, limit := allocated()-before, slack+perByte*uint64(size); used > limit {
		t.Errorf("an input of %d bytes made it allocate %d bytes, want at most %d", size, used, limit)
	}
}

// allocated is what this process has allocated so far, in bytes. It lags
// behind, by less than slack, and costs a fuzzing engine hardly any speed.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// CheckDoubling fails when twice the input takes more than factor times the
// work. prepare makes an input of size n and returns what works on it; n is
// doubled twice. The test must not run in parallel with others.
func CheckDoubling(t testing.TB, n int, factor float64, prepare func(n int) (work func())) {
	t.Helper()
	// So little is work of any size.
	const negligible = 64 << 10
	smaller := exactly(prepare(n))
	for range 2 {
		n *= 2
		larger := exactly(prepare(n))
		if float64(larger) > factor*float64(smaller)+negligible {
			t.Errorf("size %d allocates %d bytes and size %d allocates %d, which is more than %.1f times that", n/2, smaller, n, larger, factor)
		}
		smaller = larger
	}
}

// exactly counts the bytes that the work allocates. It runs twice: the first
// run pays for what is kept.
func exactly(work func()) uint64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	work()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Draws makes n bytes of a fuzzing engine's input: the input itself, and after
// its end numbers that follow from it. A generator then never runs out of
// bytes, and every input is a case.
func Draws(input []byte, n int) []byte {
	draws := make([]byte, max(n, len(input)))
	rest := draws[copy(draws, input):]
	var seed [32]byte
	for i, b := range input {
		seed[i%len(seed)] = seed[i%len(seed)]*31 + b
	}
	_, err := rand.NewChaCha8(seed).Read(rest)
	if err != nil {
		panic("worktest: " + err.Error()) // it never fails
	}
	return draws
}
