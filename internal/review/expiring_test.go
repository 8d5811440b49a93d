package review

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"
)

// A plan does not record that a waiver ends soon, since that changes with the
// day. The review finds it, on the day of the plan.
func TestReview_WaiverEndsSoon_IsFoundOnTheDayOfThePlan(t *testing.T) {
	recorded, err := os.ReadFile(filepath.Join("testdata", "plans", "terraform-1.11.4", "waived.json"))
	if err != nil {
		t.Fatal(err)
	}
	planned := regexp.MustCompile(`"timestamp":"[^"]*"`)
	for _, c := range []struct {
		day  string
		want []string
	}{
		{"2027-02-28", []string{"well-known-port"}},
		{"2027-03-01", []string{"well-known-port", "waiver-expiring"}},
		{"2027-03-31", []string{"well-known-port", "waiver-expiring"}},
	} {
		plan := planned.ReplaceAll(recorded, []byte(`"timestamp":"`+c.day+`T23:59:59Z"`))
		var out, problems bytes.Buffer
		Run([]string{"-format", "json", "-"}, Process{Stdin: bytes.NewReader(plan), Stdout: &out, Stderr: &problems, Now: time.Now})
		var report struct {
			Subjects []struct{ Findings []struct{ Code string } }
		}
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatalf("%v: %s%s", err, out.Bytes(), problems.Bytes())
		}
		var codes []string
		for _, f := range report.Subjects[0].Findings {
			codes = append(codes, f.Code)
		}
		if !slices.Equal(codes, c.want) {
			t.Errorf("%s: %q, want %q", c.day, codes, c.want)
		}
	}
}

// A policy that is known in part is judged on the day of the plan as well: its
// waivers need a day.
func TestReview_UnknownPeersBesideAWaiver_IsJudged(t *testing.T) {
	recorded, err := os.ReadFile(filepath.Join("testdata", "plans", "terraform-1.11.4", "unknown.json"))
	if err != nil {
		t.Fatal(err)
	}
	waiver := `"waiver":[{"expires":"2027-01-31","finding":"well-known-port","max_score":null,"owner":"o","peers":["198.51.100.16/28"],"ports":["26490/tcp"],"reason":"r","rules":null}]`
	plan := bytes.Replace(recorded, []byte(`"waiver":[]},"after_unknown"`), []byte(waiver+`},"after_unknown"`), 1)
	if bytes.Equal(plan, recorded) {
		t.Fatal("the plan has no place for a waiver")
	}
	var out, problems bytes.Buffer
	exit := Run([]string{"-format", "json", "-"}, Process{Stdin: bytes.NewReader(plan), Stdout: &out, Stderr: &problems, Now: time.Now})
	const said = "review: backupfw_policy.primary cannot be judged yet: some values are known only after apply\n"
	if exit != 1 || problems.String() != said || !bytes.Contains(out.Bytes(), []byte(`"verdict": "unknown"`)) {
		t.Errorf("exit %d, %s%s", exit, problems.Bytes(), out.Bytes())
	}
}
