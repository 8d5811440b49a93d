package emit

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// band is the numbers that the rules of a direction may have, as the author
// narrows them with two arguments.
type band struct {
	first, last               string // names of the arguments
	lowest, highest           int    // what the target takes
	defaultFirst, defaultLast int
	what                      string // such as "priority"
	why                       string // what becomes of other numbers, as a sentence
	from, to                  int    // set by of
}

// of reads the arguments.
func (b band) of(o Options) (band, fault.List) {
	var faults fault.List
	read := func(name string, otherwise int) int {
		value, given := o.Arguments[name].(int64)
		if !given {
			return otherwise
		}
		if value < int64(b.lowest) || value > int64(b.highest) {
			faults.Add(fault.New("Number out of range",
				fmt.Sprintf("%s = %d is not a %s.", name, value, b.what), b.why,
				fmt.Sprintf("Write a whole number from %d to %d, or leave it out for %d.", b.lowest, b.highest, otherwise)),
				fault.Attribute(name))
			return otherwise
		}
		return int(value)
	}
	b.from, b.to = read(b.first, b.defaultFirst), read(b.last, b.defaultLast)
	if len(faults) == 0 && b.from > b.to {
		faults.Add(fault.New("Reversed numbers",
			fmt.Sprintf("%s = %d is above %s = %d.", b.first, b.from, b.last, b.to),
			"No rule would have a number.",
			fmt.Sprintf("Write a %s that is not above %s.", b.what, b.last)), fault.Attribute(b.first))
	}
	return b, faults
}

// assign numbers n rules, in each direction by itself; of says the direction
// and the key of a rule. A direction with more rules than numbers is a fault at
// the first argument.
func (b band) assign(n int, of func(i int) (policy.Direction, string)) ([]int, fault.List) {
	var faults fault.List
	keys := map[policy.Direction][]string{}
	for i := range n {
		direction, key := of(i)
		keys[direction] = append(keys[direction], key)
	}
	byKey := map[policy.Direction]map[string]int{}
	for _, direction := range policy.Directions() {
		var fit bool
		if byKey[direction], fit = numbered(keys[direction], b.from, b.to); !fit {
			faults.Add(b.tooNarrow(direction, len(keys[direction])), fault.Attribute(b.first))
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	numbers := make([]int, n)
	for i := range n {
		direction, key := of(i)
		numbers[i] = byKey[direction][key]
	}
	return numbers, nil
}

func (b band) tooNarrow(d policy.Direction, needed int) *fault.Fault {
	return fault.New("Too few numbers",
		fmt.Sprintf("%s = %d and %s = %d leave %d numbers, and the %s rules need %d.", b.first, b.from, b.last, b.to, b.to-b.from+1, d, needed),
		fmt.Sprintf("Each rule of a direction has a %s of its own.", b.what),
		fmt.Sprintf("Write a lower %s or a higher %s, or open more with fewer rules.", b.first, b.last))
}
