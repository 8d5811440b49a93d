package reviewtest

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

const pipelineFile = "gitlab/.gitlab-ci.yml"

// pipeline is a pipeline of GitLab CI, as far as it is used here.
type pipeline struct {
	Job struct {
		Image         struct{ Name string }
		Rules         []map[string]string
		ResourceGroup string `json:"resource_group"`
		Variables     map[string]string
		BeforeScript  []string `json:"before_script"`
		Script        []string
		Artifacts     struct {
			When    string
			Paths   []string
			Reports map[string]string
		}
	} `json:"backupfw-review"`
}

func readPipeline(t *testing.T) pipeline {
	t.Helper()
	var p pipeline
	decodeYAML(t, readRecipe(t, pipelineFile), &p)
	if len(p.Job.Script) == 0 {
		t.Fatalf("%s has no job \"backupfw-review\" with a script", pipelineFile)
	}
	return p
}

// TestPipeline_WhatIsNotExecuted holds that part of the job to its form that
// the other tests leave out.
func TestPipeline_WhatIsNotExecuted(t *testing.T) {
	job := readPipeline(t).Job
	if want := []string{"apk add --no-cache bash curl jq"}; !slices.Equal(job.BeforeScript, want) {
		t.Errorf("before_script is %q, want %q", job.BeforeScript, want)
	}
	if _, version, _ := strings.Cut(job.Image.Name, ":"); strings.Count(version, ".") != 2 {
		t.Errorf("the image is %q, want one of a whole version", job.Image.Name)
	}
	want := map[string]string{"if": `$CI_PIPELINE_SOURCE == "merge_request_event"`}
	if len(job.Rules) != 1 || !maps.Equal(job.Rules[0], want) {
		t.Errorf("the rules are %v, want %v alone", job.Rules, want)
	}
	if !strings.Contains(job.ResourceGroup, "$CI_MERGE_REQUEST_IID") {
		t.Errorf("the resource group is %q: without the merge request's number, two jobs write two notes", job.ResourceGroup)
	}
}

// TestPipeline_Artifacts: the review is kept although the job failed, and the
// plan, which may hold secrets, is not.
func TestPipeline_Artifacts(t *testing.T) {
	a := readPipeline(t).Job.Artifacts
	if a.When != "always" || !slices.Equal(a.Paths, []string{".backupfw-review/summary.md"}) ||
		!maps.Equal(a.Reports, map[string]string{"junit": ".backupfw-review/review.junit.xml"}) {
		t.Errorf("the artifacts are %+v", a)
	}
}
