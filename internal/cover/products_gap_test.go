package cover

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

func productRandom(random *rand.Rand, sources, side, least, most int) []Source {
	return productEach(sources, func(int) Source {
		var s Source
		for range least + random.IntN(most-least+1) {
			s.Ports = s.Ports.Union(productTCP(productOwn(random.IntN(side))))
		}
		for range least + random.IntN(most-least+1) {
			s.Prefixes = s.Prefixes.Union(prefixset.Of(productHost(random.IntN(side))))
		}
		return s
	})
}

func TestProductsGapTmp(t *testing.T) {
	for _, c := range [][4]int{{8, 10, 1, 4}, {12, 12, 1, 5}, {20, 12, 1, 4}, {20, 20, 1, 5}, {30, 30, 1, 6}, {50, 30, 1, 6}, {100, 50, 1, 6}, {100, 50, 2, 10}, {30, 60, 5, 20}, {500, 200, 1, 5}} {
		random := rand.New(rand.NewPCG(7, 7))
		n, proven, better := 30, 0, 0
		sum, worst, slow := 0.0, 0.0, time.Duration(0)
		base, got, bnd := 0, 0, 0
		start := time.Now()
		for range n {
			s := productRandom(random, c[0], c[1], c[2], c[3])
			t0 := time.Now()
			p := Products(s, Free{}, Stable)
			slow = max(slow, time.Since(t0))
			r := float64(len(p.Products)) / float64(p.Bound)
			sum += r
			worst = max(worst, r)
			if r == 1 {
				proven++
			}
			j := productJoined(s)
			base += j
			got += len(p.Products)
			bnd += p.Bound
			if len(p.Products) < j {
				better++
			}
		}
		fmt.Println(c, "mean gap", sum/float64(n), "max", worst, "proven", proven, "of", n, "better than author", better, "avg author/products/bound", base/n, got/n, bnd/n, time.Since(start)/time.Duration(n), "slowest", slow)
	}
}
