package docs

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

func findingTable() string {
	var rows [][]string
	for _, info := range risk.Codes() {
		link := "[" + code(string(info.Code)) + "](#" + string(info.Code) + ")"
		rows = append(rows, []string{link, info.Default, info.Raised})
	}
	return table([]string{"code", "default effect", "raised when"}, rows)
}

// findingSections writes one section per code, with both of its examples.
func findingSections(root string) (string, error) {
	var sections []string
	for _, info := range risk.Codes() {
		folder := filepath.Join(root, "examples", "findings", string(info.Code))
		rejected, err := os.ReadFile(filepath.Join(folder, "rejected.tf"))
		if err != nil {
			return "", err
		}
		accepted, err := os.ReadFile(filepath.Join(folder, "accepted.tf"))
		if err != nil {
			return "", err
		}
		sections = append(sections, strings.Join([]string{
			"## " + string(info.Code),
			info.Raised,
			"Default effect: " + info.Default + ". " + howToWaive(info),
			"Raises it:",
			terraform(rejected),
			"Does not:",
			terraform(accepted),
		}, "\n\n"))
	}
	return strings.Join(sections, "\n\n"), nil
}

func howToWaive(info risk.CodeInfo) string {
	switch {
	case info.Default == string(risk.Info):
		return "It only informs, so there is nothing to waive."
	case !info.Waivable:
		return "It cannot be waived: renew or remove the waiver that it speaks of."
	case info.Code == risk.ScoreLimit:
		return "A [waiver](waivers.md) for it carries `max_score`, the score that is accepted, and neither ports nor peers."
	default:
		return "A [waiver](waivers.md) for it lists the ports and the peers that are accepted."
	}
}

func terraform(text []byte) string {
	return "```terraform\n" + strings.TrimSpace(string(text)) + "\n```"
}
