package provider

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// settings are the provider block, or a function's settings object.
type settings struct {
	risk    risk.Settings
	enforce bool
}

const (
	enforceMode = "enforce"
	warnMode    = "warn"
)

func settingsFields() []shape {
	return []shape{
		integer("max_score", fmt.Sprintf("Score above which a policy is rejected, 0 to 100. A policy may set a stricter limit, never a looser one. Default %d.", risk.DefaultMaxScore)),
		text("enforcement", "`enforce` (default) rejects at plan what the policy must not open; `warn` turns rejections into warnings and leaves the verdict as it is."),
		texts("unwaivable", "Finding codes that no waiver may accept, for example `[\"any-peer\"]`."),
		integer("max_waiver_days", fmt.Sprintf("How many days ahead a waiver may end, 1 to %d. Default %d.", maxWaiverDays, risk.DefaultMaxWaiverDays)),
	}
}

const maxWaiverDays = 3660

// decodeSettings reads the provider block or a settings object. Everything
// must be known: an unknown limit cannot be applied.
func decodeSettings(n node) settings {
	s := settings{risk: risk.DefaultSettings(), enforce: true}
	for _, f := range settingsFields() {
		if a := n.attribute(f.name); a.hasUnknown() {
			a.fault(fault.New("Setting not known",
				fmt.Sprintf("%s is known only after apply.", f.name),
				"Policies are judged in the plan, and an unknown limit would let anything pass.",
				"Use a value that is known in the plan."))
		}
	}
	if a := n.attribute("max_score"); a.isKnown() {
		value, ok := a.integer()
		if ok && (value < 0 || value > 100) {
			a.fault(fault.New("Score limit out of range", fmt.Sprintf("max_score = %d is not a score.", value),
				"Scores go from 0 to 100.", "Write a whole number from 0 to 100."))
		}
		s.risk.MaxScore = int(max(0, min(value, 100)))
	}
	if a := n.attribute("enforcement"); a.isKnown() {
		value, ok := a.text()
		if ok && value != enforceMode && value != warnMode {
			a.fault(fault.New("Unknown enforcement", fmt.Sprintf("enforcement = %s is not a mode.", policy.Quote(value)),
				"It decides whether a dangerous policy is stopped.", `Write "enforce" or "warn".`))
		}
		s.enforce = value != warnMode
	}
	if a := n.attribute("max_waiver_days"); a.isKnown() {
		value, ok := a.integer()
		if ok && (value < 1 || value > maxWaiverDays) {
			a.fault(fault.New("Waiver length out of range", fmt.Sprintf("max_waiver_days = %d is not a number of days.", value),
				"A waiver that lasts for ever is a policy.", fmt.Sprintf("Write a whole number from 1 to %d.", maxWaiverDays)))
		}
		s.risk.MaxWaiverDays = int(max(1, min(value, maxWaiverDays)))
	}
	codes, places, _ := n.attribute("unwaivable").texts()
	for i, text := range codes {
		info, known := risk.ParseCode(text)
		if !known || !info.Waivable {
			n.reader.faults.Add(fault.New("Unknown finding code",
				fmt.Sprintf("%s is not a finding code that a waiver could name.", policy.Quote(text)),
				"A misspelt code would leave the finding waivable.",
				"Use one of "+strings.Join(risk.WaivableCodes(), ", ")+"."), places[i]...)
			continue
		}
		s.risk.Unwaivable = append(s.risk.Unwaivable, info.Code)
	}
	return s
}

// providerData is what the provider hands to its resources and data sources.
type providerData struct {
	settings settings
	clock    func() time.Time
}

// configured returns what the provider has handed over; nil while it is not
// configured yet, as in terraform validate.
func configured(given any, diags *diag.Diagnostics) *providerData {
	if given == nil {
		return nil
	}
	data, ok := given.(*providerData)
	if !ok {
		diags.AddError("Unexpected provider data", fmt.Sprintf("Got %T. This is a bug of the provider; please report it.", given))
	}
	return data
}

// today returns the settings with the day by which waivers are judged.
func (d *providerData) today() settings {
	s := d.settings
	s.risk.Today = policy.DateOf(d.clock())
	return s
}
