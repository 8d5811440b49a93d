package cloudrules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// reference adds a peer that is no address and says how it counts; name is the
// engine's.
func (d *draft) reference(kind policy.ReferenceKind, name, id string, hosts uint64) {
	if d.addReference(kind, name, hosts) {
		d.assume("%s is counted as %s hosts: a plan does not say how many it stands for.", id, thousands(hosts))
	}
}

// addReference is false when the peer is there already.
func (d *draft) addReference(kind policy.ReferenceKind, name string, hosts uint64) bool {
	for _, given := range d.row.References {
		if given.Name == name {
			return false
		}
	}
	r := policy.Reference{Name: name, Kind: kind, MaxHosts: hosts}
	if kind == policy.AWSPrefixList {
		r.MaxEntries = 1 // what it costs in quota is not asked here
	}
	d.row.References = append(d.row.References, r)
	return true
}

// references adds the objects that an argument names. An id that is not known
// yet is still the id of such an object, and of one that no other rule has: two
// that turn out to be the same count for more than they are.
//
// A list that is unknown as a whole counts as one object, and does not make the
// rule partial, although it may turn out to name more. AWS's provider plans
// [aws_security_group.x.id] like that, with x a new group, and a rule between
// two groups of one plan must not be impossible to accept. How many there are is
// not to be had from the configuration either: of blocks it tells which objects
// they refer to and not in which of them, and one reference such as each.value
// stands for any number. The assumption says so.
func (d *draft) references(kind policy.ReferenceKind, argument string, hosts uint64) {
	d.peerArguments = append(d.peerArguments, argument)
	ids, unknown := d.arguments.textsOrUnknown(argument)
	for _, id := range ids {
		d.reference(kind, referenceName(kind, id.text), id.text, hosts)
	}
	for range unknown {
		d.unknownReferences++
		d.arguments.noteUnknownID(argument)
		d.addReference(kind, fmt.Sprint(unknownPrefix, d.unknownReferences), hosts)
	}
	switch {
	case unknown == 0:
	case isList(argument) && !d.arguments.get(argument).IsKnown():
		d.assume("What %s names, known only after apply, is counted as one %s of %s hosts: it may name more, and a plan does not say how many hosts one stands for.",
			argument, words[kind], thousands(hosts))
	default:
		d.assume("What %s names, known only after apply, is counted as %s hosts: a plan does not say how many it stands for.", argument, thousands(hosts))
	}
}

// isList reports whether an argument lists ids: the clouds' providers name those
// in the plural.
func isList(argument string) bool { return strings.HasSuffix(argument, "s") }

// words are what objects are called that unknown lists may name.
var words = map[policy.ReferenceKind]string{
	policy.AWSSecurityGroup: "group", policy.AWSPrefixList: "list", policy.AzureApplicationSecurityGroup: "group",
}

// unknownPrefix begins the names of references whose id is not known yet, until
// the rule has a name. No name that is made of an id has an underscore.
const unknownPrefix = "unknown_"

// nameUnknown gives references whose id is not known yet names of their own.
func (d *draft) nameUnknown(rule string) {
	for i := range d.row.References {
		r := &d.row.References[i]
		if number, isUnknown := strings.CutPrefix(r.Name, unknownPrefix); isUnknown {
			room := longestName - len(unknownPrefix) - len("_") - len(number)
			if r.Name = rule; len(rule) > room {
				r.Name = hashed(rule, rule, room)
			}
			r.Name = unknownPrefix + r.Name + "_" + number
		}
	}
}

// usual are the forms in which ids are names for the engine as they stand. The
// forms of two kinds have no text in common, except for the kinds of Google,
// whose accounts have an @.
var usual = map[policy.ReferenceKind]*regexp.Regexp{
	policy.AWSSecurityGroup: regexp.MustCompile(`^sg-[0-9a-z]{1,40}$`),
	policy.AWSPrefixList:    regexp.MustCompile(`^pl-[0-9a-z]{1,40}$`),
	policy.GoogleNetworkTag: regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`),
}

const longestName = 63

// referenceName makes a name for the engine of an id, which may be a path: the
// last part of it for the reader, and a hash where that could be the name of
// another object too.
func referenceName(kind policy.ReferenceKind, id string) string {
	if form, known := usual[kind]; known && form.MatchString(id) {
		return id
	}
	if kind == policy.AzureApplicationSecurityGroup {
		id = strings.ToLower(id) // Azure's ids do not differ by case
	}
	parts := strings.Split(strings.TrimRight(id, "/"), "/")
	return hashed(parts[len(parts)-1], string(kind)+" "+id, longestName)
}

var serviceTagForm = regexp.MustCompile(`^[a-z0-9]{1,40}(\.[a-z0-9]{1,20})?$`)

// tagName makes a name of one of Azure's service tags. They do not differ by
// case, and have no hyphen of their own.
func tagName(tag string) string {
	tag = strings.ToLower(tag)
	if serviceTagForm.MatchString(tag) {
		return strings.ReplaceAll(tag, ".", "-")
	}
	return hashed(tag, "service tag "+tag, longestName)
}

// hashed is a readable text as a name of that length at most, with a hash of what
// it stands for.
func hashed(text, of string, length int) string {
	sum := sha256.Sum256([]byte(of))
	const digits = 8
	hash := hex.EncodeToString(sum[:])[:digits]
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else {
			b.WriteByte('-')
		}
	}
	name := b.String()
	name = strings.Trim(name[:min(len(name), length-digits-len("-"))], "-")
	if name == "" {
		return "unnamed-" + hash
	}
	return name + "-" + hash
}

func thousands(n uint64) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
