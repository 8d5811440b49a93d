//go:build integration

package reviewtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// post is a comment of GitHub, or a note of GitLab.
type post struct {
	ID     int64
	Author string // login, or the id of a user as text
	Body   string
	// System marks what GitLab itself notes.
	System bool
}

// board is where posts stand: a pull request or a merge request.
type board struct {
	mu    sync.Mutex
	posts []post
	calls []string // "METHOD path", writing calls alone
	// broken answers every writing call with 403.
	broken bool
}

func (b *board) all() []post {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.posts)
}

// by returns the posts of an author.
func (b *board) by(author string) []post {
	return slices.DeleteFunc(b.all(), func(p post) bool { return p.Author != author })
}

// written returns the writing calls since the last time it was asked.
func (b *board) written() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	calls := b.calls
	b.calls = nil
	return calls
}

// add adds a post and returns it.
func (b *board) add(author, body string) post {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := post{ID: 7_000_000_000 + int64(len(b.posts)), Author: author, Body: body}
	b.posts = append(b.posts, p)
	return p
}

// longestPage is how many posts a page has at most, whatever is asked for.
// Both APIs give 100 today.
const longestPage = 50

// page returns the posts of the page that a request asks for.
func (b *board) page(t *testing.T, r *http.Request, usual int) []post {
	size, number := usual, 1
	for name, target := range map[string]*int{"per_page": &size, "page": &number} {
		if text := r.URL.Query().Get(name); text != "" {
			value, err := strconv.Atoi(text)
			if err != nil || value < 1 {
				t.Errorf("%s: %s = %q", r.URL, name, text)
				return nil
			}
			*target = value
		}
	}
	size = min(size, longestPage)
	all := b.all()
	return all[min((number-1)*size, len(all)):min(number*size, len(all))]
}

// write is a call that writes a post: a new one when id is empty.
func (b *board) write(t *testing.T, r *http.Request, author, id string) (post, int) {
	var request struct{ Body *string }
	content, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(content, &request)
	}
	if err != nil || request.Body == nil {
		t.Errorf("%s %s: %v in %.200q", r.Method, r.URL, err, content)
		return post{}, http.StatusBadRequest
	}
	b.mu.Lock()
	b.calls = append(b.calls, r.Method+" "+r.URL.Path)
	broken := b.broken
	b.mu.Unlock()
	if broken {
		return post{}, http.StatusForbidden
	}
	if id == "" {
		return b.add(author, *request.Body), http.StatusCreated
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.posts {
		if fmt.Sprint(b.posts[i].ID) == id {
			// Neither API stops a token that may write from changing what others wrote.
			b.posts[i].Body = *request.Body
			return b.posts[i], http.StatusOK
		}
	}
	return post{}, http.StatusNotFound
}

func answer(t *testing.T, w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if status >= 400 {
		value = map[string]string{"message": http.StatusText(status)}
	}
	if err := json.NewEncoder(w).Encode(value); err != nil {
		t.Error(err)
	}
}

const (
	githubToken = "ghs_a-token-that-must-not-be-seen"
	githubBot   = "github-actions[bot]"
)

// startGitHub starts a stand-in for the part of GitHub's API that is used:
// comments of the pull request 17 of acme/firewall.
func startGitHub(t *testing.T) (apiURL string, b *board) {
	t.Helper()
	b = &board{}
	shape := func(p post) any {
		return map[string]any{
			"id": p.ID, "body": p.Body, "user": map[string]any{"login": p.Author},
			"html_url": fmt.Sprintf("https://github.example/acme/firewall/pull/17#issuecomment-%d", p.ID),
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /repos/acme/firewall/issues/17/comments", func(w http.ResponseWriter, r *http.Request) {
		list := []any{}
		for _, p := range b.page(t, r, 30) {
			list = append(list, shape(p))
		}
		answer(t, w, http.StatusOK, list)
	})
	writes := func(w http.ResponseWriter, r *http.Request) {
		p, status := b.write(t, r, githubBot, r.PathValue("id"))
		answer(t, w, status, shape(p))
	}
	mux.HandleFunc("POST /repos/acme/firewall/issues/17/comments", writes)
	mux.HandleFunc("PATCH /repos/acme/firewall/issues/comments/{id}", writes)
	return serveAPI(t, mux, map[string]string{
		"Authorization": "Bearer " + githubToken, "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
	}), b
}

// serveAPI serves on the loopback interface. Every call must have the headers,
// and none may go where nothing is.
func serveAPI(t *testing.T, mux *http.ServeMux, headers map[string]string) string {
	t.Helper()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the API has no %s %s", r.Method, r.URL)
		answer(t, w, http.StatusNotFound, nil)
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, want := range headers {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", r.Method, r.URL, name, got, want)
			}
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
