package cover

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// boxNaming says that a source speaks of a reference.
type boxNaming struct {
	reference string
	source    int
}

// boxReferences returns the boxes of the references. A reference is a peer
// without parts or parents, so that its needed boxes are its runs of ports.
func boxReferences(sources []Source) []Box {
	var namings []boxNaming
	for i := range sources {
		if len(sources[i].References) == 0 || sources[i].Ports.IsEmpty() {
			continue
		}
		for _, reference := range sources[i].References {
			namings = append(namings, boxNaming{reference, i})
		}
	}
	slices.SortFunc(namings, func(a, b boxNaming) int {
		return cmp.Or(cmp.Compare(a.reference, b.reference), cmp.Compare(a.source, b.source))
	})
	var boxes []Box
	for len(namings) > 0 {
		n := 1
		for n < len(namings) && namings[n].reference == namings[0].reference {
			n++
		}
		boxes = append(boxes, boxReference(sources, namings[:n])...)
		namings = namings[n:]
	}
	return boxes
}

// boxReference returns the boxes of one reference.
func boxReference(sources []Source, namings []boxNaming) []Box {
	lists := make([]portset.Ports, len(namings))
	all := make([]int, len(namings))
	for i, naming := range namings {
		lists[i], all[i] = sources[naming.source].Ports, naming.source
	}
	if slices.ContainsFunc(lists, func(ports portset.Ports) bool { return boxIsAny(&ports) }) {
		return []Box{{Any: true, Reference: namings[0].reference, Sources: boxSources(all)}}
	}
	var boxes []Box
	for _, e := range portset.Merge(lists).Entries() {
		boxes = append(boxes, Box{Protocol: e.Protocol, Ports: e.Range, Reference: namings[0].reference})
	}
	for i := range lists {
		for _, e := range lists[i].Entries() {
			at, _ := slices.BinarySearchFunc(boxes, e, func(b Box, e portset.Entry) int {
				return cmp.Or(cmp.Compare(b.Protocol, e.Protocol), cmp.Compare(b.Ports.Last, e.Range.Last))
			})
			boxes[at].Sources = append(boxes[at].Sources, all[i])
		}
	}
	for i := range boxes {
		boxes[i].Sources = boxSources(boxes[i].Sources)
	}
	return boxes
}
