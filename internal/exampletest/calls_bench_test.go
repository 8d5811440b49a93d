package exampletest

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/function"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"

	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// callsPerPlan is how often a plan calls the function; range() gives no more
// than 1,024 elements.
const callsPerPlan = 1000

// arguments of each function, different in every call, which i numbers.
var callArguments = map[string]string{
	"exclude_cidrs": `["10.0.0.0/8", "2001:db8::/32"], ["10.${floor(i / 256)}.${i % 256}.0/24"]`,
	"merge_cidrs":   `["10.${floor(i / 256)}.${i % 256}.0/25", "10.${floor(i / 256)}.${i % 256}.128/25", "2001:db8::${i}"]`,
	"merge_ports":   `["${i}-${i + 10}/tcp", "${i + 5}-${i + 20}/tcp", "${i}/udp", "icmp"]`,
	"parse_ports":   `["${i}-${i + 10}/tcp", "${i + 5}-${i + 20}/tcp", "${i}/udp", "icmp"]`,
	"port_services": `"${i + 1024}/tcp"`,
	"quiet_ports":   `i % 400 + 1, "tcp", ["${i}/tcp", "29168-29179/tcp"]`,
	"review":        "[" + policyArguments + "]",
	"score":         `["${i + 1024}/tcp"], ["10.${floor(i / 256)}.${i % 256}.0/24"], "dmz"`,
}

// policyArguments are those of the functions that take a policy.
const policyArguments = `{
      name = "server"
      rules = { clients = {
        direction   = "ingress"
        port_ranges = [{ name = "vault", listeners = [{ name = "vault", kind = "negotiated", ports = ["${29168 + i % 800}/tcp"] }] }]
        peers       = [{ name = "clients", prefixes = ["10.${floor(i / 256)}.${i % 256}.0/24"], zone = "dmz" }]
      } }
    }`

// policySettings are what a target does not do without.
var policySettings = map[string]string{
	"kubernetes_network_policy": `{ pod_selector = { app = "backup" } }`,
	"aws_network_acl_rules":     `{ peer_ephemeral_ports = "32768-60999" }`,
}

// argumentsOf are the arguments of every function of the provider.
func argumentsOf() map[string]string {
	all := maps.Clone(callArguments)
	ctx := context.Background()
	for _, create := range provider.New("test")().(frameworkprovider.ProviderWithFunctions).Functions(ctx) {
		var answer function.MetadataResponse
		create().Metadata(ctx, function.MetadataRequest{}, &answer)
		if all[answer.Name] == "" {
			all[answer.Name] = policyArguments
			if settings := policySettings[answer.Name]; settings != "" {
				all[answer.Name] += ", " + settings
			}
		}
	}
	return all
}

// BenchmarkPlanFunctionCalls plans a configuration that calls a function a
// thousand times with the real command line, and the same one without the
// calls. ms/call is the difference, so it has everything in it that a call
// costs in a plan: Terraform's part, the way to the provider and the
// provider's part. Terraform evaluates the expression more than once in a plan,
// and all of that counts as one call. x-builtin compares with cidrsubnet, which
// is measured in the same way.
//
// Each is the smallest of b.N plans: -benchtime 5x.
func BenchmarkPlanFunctionCalls(b *testing.B) {
	builtin := math.NaN()
	b.Run("cidrsubnet", func(b *testing.B) {
		// Many times as many calls, for what is far below the noise. The other plan
		// has what changes in the arguments alone: lists of three would cost more
		// than the calls.
		const loops = 200
		calls := fmt.Sprintf("[for j in range(%d) : [for i in range(%d) : cidrsubnet(\"10.0.0.0/8\", 16, i + j)]]", loops, callsPerPlan)
		none := fmt.Sprintf("[for j in range(%d) : [for i in range(%d) : i + j]]", loops, callsPerPlan)
		builtin = benchmarkPlans(b, calls, none) / loops / callsPerPlan
		b.ReportMetric(builtin, "ms/call")
	})
	arguments := argumentsOf()
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		b.Run(name, func(b *testing.B) {
			calls := fmt.Sprintf("[for i in range(%d) : provider::backupfw::%s(%s)]", callsPerPlan, name, arguments[name])
			none := fmt.Sprintf("[for i in range(%d) : [%s]]", callsPerPlan, arguments[name])
			each := benchmarkPlans(b, calls, none) / callsPerPlan
			b.ReportMetric(each, "ms/call")
			b.ReportMetric(each/builtin, "x-builtin")
		})
	}
}

// benchmarkPlans returns by how many milliseconds a plan with one expression
// takes longer than one with the other.
func benchmarkPlans(b *testing.B, expression, without string) float64 {
	plans := make([]func() time.Duration, 2)
	for i, text := range []string{expression, without} {
		w := newWorkspace(b)
		config := "terraform {\n  required_providers {\n    backupfw = { source = \"backupfw/backupfw\" }\n  }\n}\n\n" +
			"provider \"backupfw\" {}\n\nlocals {\n  results = " + text + "\n}\n\noutput \"count\" {\n  value = length(local.results)\n}\n"
		if err := os.WriteFile(filepath.Join(w.dir, "main.tf"), []byte(config), 0o644); err != nil {
			b.Fatal(err)
		}
		plans[i] = func() time.Duration {
			began := time.Now()
			w.mustRun(0, "plan", "-no-color")
			return time.Since(began)
		}
		plans[i]() // what is read once in a process is read now
	}
	shortest := []time.Duration{math.MaxInt64, math.MaxInt64}
	for b.Loop() {
		for i, plan := range plans {
			shortest[i] = min(shortest[i], plan())
		}
	}
	return float64(shortest[0]-shortest[1]) / float64(time.Millisecond)
}
