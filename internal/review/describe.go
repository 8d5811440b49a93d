package review

import "flag"

// Option is an option of the command line, for the documentation.
type Option struct {
	// Name is without the hyphen.
	Name string
	// Value names what follows; empty for an option without a value.
	Value string
	// Default is empty when there is none.
	Default string
	Usage   string
}

// Options lists the options of the command line, sorted by name.
func Options() []Option {
	var o options
	var all []Option
	o.flags().VisitAll(func(f *flag.Flag) {
		described := Option{Name: f.Name, Default: f.DefValue}
		described.Value, described.Usage = flag.UnquoteUsage(f)
		if f.DefValue == "false" || f.DefValue == "-1" {
			described.Default = ""
		}
		all = append(all, described)
	})
	return all
}

// Formats lists the forms of the report and who reads each.
func Formats() (names, uses []string) {
	for i := range formats {
		uses = append(uses, formats[i].use)
	}
	return formatNames(), uses
}
