package fleet

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Ratios compare equals: each kind has the same number of resource instances
// and of references between them.
func TestConfig_KindsHaveTheSameSize(t *testing.T) {
	const n = 7
	for _, kind := range Kinds {
		text := config(kind, n)
		if got := strings.Count(text, "\nresource "); got != perTriple*n {
			t.Errorf("%s: %d resources, want %d", kind, got, perTriple*n)
		}
		references := 0
		for _, other := range []string{".p", ".g"} {
			for i := range n {
				references += strings.Count(text, other+string(rune('0'+i))+".") + strings.Count(text, other+string(rune('0'+i))+"]")
			}
		}
		if references != 2*n {
			t.Errorf("%s: %d references, want %d", kind, references, 2*n)
		}
	}
	if strings.Contains(config(TerraformData, 1), "required_providers") {
		t.Error("the built-in kind asks for a provider")
	}
}

func TestSteps_WhatIsTooLargeIsNoted(t *testing.T) {
	for _, tc := range []struct {
		triples  int
		run, not []string
	}{
		{10, []string{Plan, Apply, RemoteApply, NoOp}, nil},
		{50, []string{Plan, RemoteApply, NoOp}, []string{Apply}},
		{500, []string{Plan}, []string{Apply, RemoteApply, NoOp}},
	} {
		b := bench{Options: Options{ApplyMax: 10, RemoteMax: 100}, record: &Record{}, triples: tc.triples}
		if got := b.steps(true); !slices.Equal(got, tc.run) {
			t.Errorf("%d triples: steps %q, want %q", tc.triples, got, tc.run)
		}
		var not []string
		for _, n := range b.record.NotMeasured {
			if n.Why == "" || n.Triples != tc.triples {
				t.Errorf("%+v does not say why", n)
			}
			not = append(not, n.Step)
		}
		if !slices.Equal(not, tc.not) {
			t.Errorf("%d triples: %q left out, want %q", tc.triples, not, tc.not)
		}
		b.steps(false)
		if len(b.record.NotMeasured) != len(tc.not) {
			t.Error("noted twice")
		}
	}
}

func TestBackend_KeepsOneState(t *testing.T) {
	b, err := startBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	get := func() (int, string) {
		answer, err := http.Get(b.address)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	if status, _ := get(); status != http.StatusNotFound {
		t.Errorf("status %d before there is a state", status)
	}
	if _, err := b.take(); err == nil || !strings.Contains(err.Error(), "no state arrived") {
		t.Errorf("error %v", err)
	}
	for _, state := range []string{"first", "second"} {
		answer, err := http.Post(b.address, "application/json", strings.NewReader(state))
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", answer, err)
		}
		answer.Body.Close()
	}
	if status, text := get(); status != http.StatusOK || text != "second" {
		t.Errorf("status %d, %q, want the second state", status, text)
	}
	if state, err := b.take(); err != nil || !bytes.Equal(state, []byte("second")) {
		t.Errorf("took %q, %v", state, err)
	}
	if status, _ := get(); status != http.StatusNotFound {
		t.Errorf("status %d after the state was taken", status)
	}
	if !strings.Contains(b.config(), b.address) {
		t.Error("the configuration does not name the address")
	}
}
