package emit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// Limit is one number that a target sets, with its source.
type Limit struct {
	Name  string
	Value int
	// Unit is what Value counts, such as "rules per direction".
	Unit string
	// Source is where the number stands, and Date when it was read there, as
	// 2006-01-02; an overridden limit has the argument as source and no date.
	Source, Date string
	// Raisable is set when the target's operator may raise the limit.
	Raisable bool
	// Min is the smallest value that still works; 0 means 1.
	Min int
	// Max is the largest value that the target can be raised to; 0 means that
	// none is known. A limit that is not raisable has its own value here.
	Max int
	// Overridden is set when the author gave the value.
	Overridden  bool
	Description string
}

// rulesLimit is the limit that every target has: rules per direction.
const rulesLimit = "rules"

// overriddenSource is the source of a limit that the author gave.
const overriddenSource = "the argument limits"

// applyLimits returns the limits with the author's overrides, and what is
// wrong with the options.
func applyLimits(target string, limits []Limit, o Options) ([]Limit, fault.List) {
	var faults fault.List
	applied := slices.Clone(limits)
	for _, name := range slices.Sorted(maps.Keys(o.Limits)) {
		value := o.Limits[name]
		at := slices.IndexFunc(applied, func(l Limit) bool { return l.Name == name })
		if at < 0 {
			faults.Add(unknownLimit(target, name, limits), fault.Attribute("limits"), fault.Key(name))
			continue
		}
		if f := checkOverride(&applied[at], value); f != nil {
			faults.Add(f, fault.Attribute("limits"), fault.Key(name))
			continue
		}
		if value == applied[at].Value {
			continue
		}
		applied[at].Value = value
		applied[at].Source, applied[at].Date = overriddenSource, ""
		applied[at].Overridden = true
	}
	if o.RulesElsewhere < 0 {
		faults.Add(negativeRulesElsewhere(o.RulesElsewhere), fault.Attribute("rules_elsewhere"))
	}
	return applied, faults
}

// limitValue is the value of a limit that the target is known to have.
func limitValue(limits []Limit, name string) int {
	at := slices.IndexFunc(limits, func(l Limit) bool { return l.Name == name })
	if at < 0 {
		panic("emit: no limit " + name)
	}
	return limits[at].Value
}

func checkOverride(l *Limit, value int) *fault.Fault {
	switch {
	case value < max(l.Min, 1):
		return limitTooLow(l, value)
	case l.Max > 0 && value > l.Max:
		return limitTooHigh(l, value)
	}
	return nil
}

func limitNames(limits []Limit) string {
	names := make([]string, len(limits))
	for i := range limits {
		names[i] = limits[i].Name
	}
	return strings.Join(names, ", ")
}

// span writes which values an override may have.
func span(l *Limit) string {
	if l.Max == 0 {
		return fmt.Sprintf("at least %d", max(l.Min, 1))
	}
	return fmt.Sprintf("from %d to %d", max(l.Min, 1), l.Max)
}
