package portset

import (
	"strconv"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// explain says what is wrong with a text that parseStrict refused.
func explain(text string) *fault.Fault {
	return fault.New("Unreadable port",
		strconv.Quote(text)+" is not a port.",
		"A port that two readers take differently opens more than one of them expects.",
		`Write a port as "22/tcp".`)
}
