package risk

// MaxContributions is how many services are listed by themselves: a rule that
// opens everything reaches more than a thousand.
const MaxContributions = 100

// Costliest returns the contributions to list, those that cost most, and for
// the others how many they are and their points together.
func Costliest(all []Contribution) (listed []Contribution, others int, points float64) {
	listed = all[:min(len(all), MaxContributions)]
	for i := range all[len(listed):] {
		points += all[len(listed)+i].Points
	}
	return listed, len(all) - len(listed), millionths(points)
}
