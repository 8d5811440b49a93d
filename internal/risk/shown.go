package risk

// MaxContributions is how many services are listed by themselves: a rule that
// opens everything reaches more than a thousand.
const MaxContributions = 100

// MaxListed is how many names of rules, ports and peers the lists of an
// assessment have together, each list for itself. The first entry is complete
// in any case.
const MaxListed = 10_000

// Listed is how many of n entries are listed: at most so many, and as long as
// their names fit into MaxListed.
func Listed(n, most int, names func(i int) int) int {
	left := MaxListed
	for i := range min(n, most) {
		if left -= names(i); left < 0 {
			return max(i, 1)
		}
	}
	return min(n, most)
}

// Costliest returns the contributions to list, those that cost most, and for
// the others how many they are and their points together.
func Costliest(all []Contribution) (listed []Contribution, others int, points float64) {
	listed = all[:Listed(len(all), MaxContributions, func(i int) int { return len(all[i].Rules) })]
	for i := range all[len(listed):] {
		points += all[len(listed)+i].Points
	}
	return listed, len(all) - len(listed), millionths(points)
}
