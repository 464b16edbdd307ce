// Verifies a tlog-tiles folder, or writes one, with Go's own packages and nothing of ours.
//
//	verify check FOLDER VKEY        a log of ours
//	verify write FOLDER NAME COUNT  a log by tlog.StoredHashes; prints its verifier key
package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	mathrand "math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tilePath maps Go's tile/8/<level>/… to tile/<level>/…, and its data tiles to entry bundles.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	if rest, isData := strings.CutPrefix(path, "data/"); isData {
		return "tile/entries/" + rest
	}
	return "tile/" + path
}

type folderReader string

func (folder folderReader) Height() int                         { return 8 }
func (folder folderReader) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

// ReadTiles cuts nothing: tlog asks for the widths it has seen in the checkpoint.
func (folder folderReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(folder), tilePath(tile)))
		if err != nil {
			return nil, err
		}
		read[i] = data
	}
	return read, nil
}

// openCheckpoint reads the three lines itself: tlog.ParseTree knows go.sum's own origin only.
func openCheckpoint(folder, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	must(err)
	opened, err := note.Open(text, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		must(fmt.Errorf("not a checkpoint of %s", verifier.Name()))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

func readEntries(folder string, size int64) [][]byte {
	var entries [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := min(int64(256), size-n*256)
		path := tilePath(tlog.Tile{H: 8, L: -1, N: n, W: int(width)})
		data, err := os.ReadFile(filepath.Join(folder, path))
		must(err)
		for len(data) > 0 {
			length := int(binary.BigEndian.Uint16(data))
			entries = append(entries, data[2:2+length])
			data = data[2+length:]
		}
	}
	if int64(len(entries)) != size {
		must(fmt.Errorf("%d entries for size %d", len(entries), size))
	}
	return entries
}

func check(folder, vkey string) {
	tree := openCheckpoint(folder, vkey)
	entries := readEntries(folder, tree.N)
	hashes := tlog.TileHashReader(tree, folderReader(folder))
	var stored []tlog.Hash
	mine := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for i, entry := range entries {
		more, err := tlog.StoredHashes(int64(i), entry, mine)
		must(err)
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(tree.N, mine)
	must(err)
	if root != tree.Hash {
		must(fmt.Errorf("the entries lead to %v", root))
	}
	tiles := tlog.NewTiles(8, 0, tree.N)
	for _, tile := range tiles {
		expected, err := tlog.ReadTileData(tile, mine)
		must(err)
		found, err := os.ReadFile(filepath.Join(folder, tilePath(tile)))
		if os.IsNotExist(err) && tile.W < 256 {
			continue // A partial tile that has given way to the full one.
		}
		must(err)
		if string(found) != string(expected) {
			must(fmt.Errorf("%s differs", tilePath(tile)))
		}
	}
	chance := mathrand.New(mathrand.NewSource(1))
	for range 50 {
		index := chance.Int63n(tree.N)
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		must(err)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[index])))
		old := chance.Int63n(tree.N) + 1
		oldRoot, err := tlog.TreeHash(old, hashes)
		must(err)
		consistency, err := tlog.ProveTree(tree.N, old, hashes)
		must(err)
		must(tlog.CheckTree(consistency, tree.N, tree.Hash, old, oldRoot))
	}
	fmt.Printf("verified %d entries, %d tiles, 50 inclusion and 50 consistency proofs\n", tree.N, len(tiles))
}

func write(folder, name string, count int64) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	save := func(path string, data []byte) {
		full := filepath.Join(folder, path)
		must(os.MkdirAll(filepath.Dir(full), 0o755))
		must(os.WriteFile(full, data, 0o644))
	}
	var bundle []byte
	for i := range count {
		record := fmt.Appendf(nil, "record %d", i)
		more, err := tlog.StoredHashes(i, record, reader)
		must(err)
		stored = append(stored, more...)
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(record)))
		bundle = append(bundle, record...)
		if width := i%256 + 1; width == 256 || i == count-1 {
			save(tilePath(tlog.Tile{H: 8, L: -1, N: i / 256, W: int(width)}), bundle)
			bundle = nil
		}
	}
	for _, tile := range tlog.NewTiles(8, 0, count) {
		data, err := tlog.ReadTileData(tile, reader)
		must(err)
		save(tilePath(tile), data)
	}
	root, err := tlog.TreeHash(count, reader)
	must(err)
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	must(err)
	signer, err := note.NewSigner(skey)
	must(err)
	body := fmt.Sprintf("%s\n%d\n%s\n", name, count, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: body}, signer)
	must(err)
	save("checkpoint", signed)
	fmt.Println(vkey)
}

func main() {
	switch {
	case len(os.Args) == 4 && os.Args[1] == "check":
		check(os.Args[2], os.Args[3])
	case len(os.Args) == 5 && os.Args[1] == "write":
		count, err := strconv.ParseInt(os.Args[4], 10, 64)
		must(err)
		write(os.Args[2], os.Args[3], count)
	default:
		must(fmt.Errorf("usage: verify check FOLDER VKEY | verify write FOLDER NAME COUNT"))
	}
}
