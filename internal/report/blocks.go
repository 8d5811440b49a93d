package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// block is a piece of the comment that stands or falls as a whole.
type block struct {
	text string
	// kind is what the piece is, in the singular, for the note about what was
	// left out.
	kind string
	// rank says how soon it is left out: the higher the sooner. Rank 0 is
	// never left out.
	rank int
}

// The ranks, in the order in which a reviewer would miss the blocks least.
const (
	always = iota
	rankRejection
	rankSubject
	rankChange
	rankWaivers
	rankFindings
	rankAdvice
	rankServices
	rankPicture
)

// noteRoom is what the note about left out blocks may take.
const noteRoom = 600

// fit joins the blocks. When they are longer than limit bytes it leaves out
// the least important, the last first, and says how many of which kind. Bytes
// are never fewer than the characters that forges count.
func fit(blocks []block, limit int) string {
	size := 0
	for _, b := range blocks {
		size += len(b.text)
	}
	if size <= limit {
		return join(blocks)
	}
	order := make([]int, len(blocks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(blocks[b].rank, blocks[a].rank), cmp.Compare(b, a))
	})
	dropped := make([]bool, len(blocks))
	left := map[string]int{}
	var kinds []string
	for _, i := range order {
		if size <= limit-noteRoom || blocks[i].rank == always {
			break
		}
		size -= len(blocks[i].text)
		dropped[i] = true
		if left[blocks[i].kind] == 0 {
			kinds = append(kinds, blocks[i].kind)
		}
		left[blocks[i].kind]++
	}
	var kept []block
	for i := range blocks {
		if !dropped[i] {
			kept = append(kept, blocks[i])
		}
	}
	parts := make([]string, len(kinds))
	for i, kind := range kinds {
		parts[i] = count(left[kind], kind)
	}
	note := fmt.Sprintf("\n> **Left out** to stay below %s characters: %s. The JSON report has everything.\n", number(limit), strings.Join(parts, ", "))
	return join(kept) + note
}

func join(blocks []block) string {
	var b strings.Builder
	for i := range blocks {
		b.WriteString(blocks[i].text)
	}
	return b.String()
}
