// Answers, for each line of JSON on standard input, how Go's own packages read that input.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind  string   `json:"kind"`
	Input []byte   `json:"input"`
	VKey  string   `json:"vkey"`
	Proof [][]byte `json:"proof"`
	Size  int64    `json:"size,string"`
	Place int64    `json:"place,string"`
	Root  []byte   `json:"root"`
	Leaf  []byte   `json:"leaf"`
}

type answer struct {
	Accepted bool   `json:"accepted"`
	Value    string `json:"value,omitempty"`
}

var refused = answer{}

func accepted(format string, items ...any) answer {
	return answer{true, fmt.Sprintf(format, items...)}
}

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// parseNote opens with no key at all, so that only the form of the note decides.
func parseNote(input []byte) answer {
	_, err := note.Open(input, nil)
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return refused
	}
	lines := []string{encode([]byte(unverified.Note.Text))}
	for _, sig := range unverified.Note.UnverifiedSigs {
		raw, _ := base64.StdEncoding.DecodeString(sig.Base64)
		lines = append(lines, encode([]byte(sig.Name)), encode(raw))
	}
	return accepted("%s", strings.Join(lines, " "))
}

func openNote(input []byte, vkey string) answer {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return refused
	}
	opened, err := note.Open(input, note.VerifierList(verifier))
	if err != nil {
		return refused
	}
	return accepted("%s %d", encode([]byte(opened.Text)), len(opened.Sigs))
}

func hashes(list [][]byte) ([]tlog.Hash, bool) {
	read := make([]tlog.Hash, len(list))
	for i, data := range list {
		if len(data) != tlog.HashSize {
			return nil, false
		}
		copy(read[i][:], data)
	}
	return read, true
}

func checkProof(q question) answer {
	ends, isWhole := hashes([][]byte{q.Root, q.Leaf})
	proof, areWhole := hashes(q.Proof)
	if !isWhole || !areWhole {
		return refused
	}
	var err error
	if q.Kind == "inclusion" {
		err = tlog.CheckRecord(proof, q.Size, ends[0], q.Place, ends[1])
	} else {
		err = tlog.CheckTree(proof, q.Size, ends[0], q.Place, ends[1])
	}
	return answer{Accepted: err == nil}
}

func read(q question) answer {
	switch q.Kind {
	case "note":
		return parseNote(q.Input)
	case "open":
		return openNote(q.Input, q.VKey)
	case "vkey":
		verifier, err := note.NewVerifier(string(q.Input))
		if err != nil {
			return refused
		}
		return accepted("%s %08x", encode([]byte(verifier.Name())), verifier.KeyHash())
	case "tree":
		tree, err := tlog.ParseTree(q.Input)
		if err != nil {
			return refused
		}
		return accepted("%d %s", tree.N, tree.Hash)
	case "tile":
		tile, err := tlog.ParseTilePath(string(q.Input))
		if err != nil {
			return refused
		}
		return accepted("%d %d %d", tile.L, tile.N, tile.W)
	default:
		return checkProof(q)
	}
}

func main() {
	in := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	buffered := bufio.NewWriter(os.Stdout)
	out := json.NewEncoder(buffered)
	for in.More() {
		var q question
		if err := in.Decode(&q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(read(q)); err != nil {
			os.Exit(1)
		}
	}
	if err := buffered.Flush(); err != nil {
		os.Exit(1)
	}
}
