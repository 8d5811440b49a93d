package catalog

import "testing"

func TestDocumented_IsWhatTheProductsSay(t *testing.T) {
	if got, want := Documented(), CollectDocumented(); !got.Equal(want) || got.IsEmpty() {
		t.Errorf("documented.txt has %s\nthe products %s\nRun make generate.", got, want)
	}
}
