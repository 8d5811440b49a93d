package portset_test

import (
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func TestAll_YieldsTheRanges(t *testing.T) {
	for _, s := range []portset.Set{{}, portset.AllPorts(), portset.Of(portset.Range{First: 1, Last: 2}, portset.Range{First: 4, Last: 4})} {
		if got, want := slices.Collect(s.All()), s.Ranges(); !slices.Equal(got, want) {
			t.Errorf("All yields %v, and Ranges returns %v", got, want)
		}
	}
}
