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
	// dropped is set when it was not even written.
	dropped bool
}

// comment gathers blocks.
type comment struct {
	limit  int
	blocks []block
	// sizes are the bytes of the blocks of each rank.
	sizes [ranks]int
}

// add adds a block. It is not written when there is no room for it in any case:
// what stands before it and matters as much fills the comment already.
func (c *comment) add(rank int, kind string, write func() string) {
	filled := 0
	for _, size := range c.sizes[:rank+1] {
		filled += size
	}
	b := block{kind: kind, rank: rank, dropped: rank != always && filled > c.limit}
	if !b.dropped {
		b.text = write()
		c.sizes[rank] += len(b.text)
	}
	c.blocks = append(c.blocks, b)
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
	ranks // how many there are
)

// noteRoom is what the note about left out blocks may take.
const noteRoom = 600

// fit joins the blocks. When they are longer than the limit in bytes it leaves
// out the least important, the last first, and says how many of which kind.
// Bytes are never fewer than the characters that forges count.
func (c *comment) fit() string {
	size, dropped := 0, 0
	for i := range c.blocks {
		size += len(c.blocks[i].text)
		if c.blocks[i].dropped {
			dropped++
		}
	}
	if size <= c.limit && dropped == 0 {
		return c.join()
	}
	order := make([]int, len(c.blocks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(c.blocks[b].rank, c.blocks[a].rank), cmp.Compare(b, a))
	})
	for _, i := range order {
		if b := &c.blocks[i]; size > c.limit-noteRoom && b.rank != always {
			size -= len(b.text)
			b.dropped = true
		}
	}
	return c.join() + c.note()
}

// note says what was left out.
func (c *comment) note() string {
	left := map[string]int{}
	var kinds []string
	for i := len(c.blocks) - 1; i >= 0; i-- {
		if b := &c.blocks[i]; b.dropped {
			if left[b.kind] == 0 {
				kinds = append(kinds, b.kind)
			}
			left[b.kind]++
		}
	}
	parts := make([]string, len(kinds))
	for i, kind := range kinds {
		parts[i] = count(left[kind], kind)
	}
	return fmt.Sprintf("\n> **Left out** to stay below %s characters: %s. The JSON report has everything.\n", number(c.limit), strings.Join(parts, ", "))
}

func (c *comment) join() string {
	var b strings.Builder
	for i := range c.blocks {
		if !c.blocks[i].dropped {
			b.WriteString(c.blocks[i].text)
		}
	}
	return b.String()
}
