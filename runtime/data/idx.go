package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// idx is the content of an IDX file of bytes: dims[0] records of the size of the
// other dims.
type idx struct {
	dims []int
	data []byte
}

// maxIDX bounds what an IDX file may announce, in bytes.
const maxIDX = 4 << 30

// readIDX reads the IDX file at path, compressed by gzip or not. rank is the
// number of dimensions that is expected. Memory grows with what is really there,
// not with what the header announces.
//
// Errors: ErrData with the path and what was found and expected.
//
// Source: Y. LeCun, "The MNIST database", section "File formats".
func readIDX(path string, rank int) (*idx, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrData, err)
	}
	defer f.Close()
	x, err := decodeIDX(f, rank)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrData, path, err)
	}
	return x, nil
}

func decodeIDX(r io.ReadSeeker, rank int) (*idx, error) {
	content, err := uncompressed(r)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4+4*rank)
	if n, err := io.ReadFull(content, head); err != nil {
		return nil, cutOff(err, "its header has %d bytes, and an IDX file of rank %d needs %d", n, rank, len(head))
	}
	if head[0] != 0 || head[1] != 0 || head[2] != 8 || int(head[3]) != rank {
		return nil, fmt.Errorf("it begins with % x, and an IDX file of bytes with %d dimensions begins with 00 00 08 %02x", head[:4], rank, rank)
	}
	x := &idx{dims: make([]int, rank)}
	want := int64(1)
	for i := range x.dims {
		d := int64(binary.BigEndian.Uint32(head[4+4*i:]))
		if d > maxIDX || want*d > maxIDX {
			return nil, fmt.Errorf("its header announces more than %d bytes", int64(maxIDX))
		}
		x.dims[i] = int(d)
		want *= d
	}
	var body bytes.Buffer
	got, err := io.Copy(&body, io.LimitReader(content, want+1))
	switch {
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("it is damaged after %d of %d bytes: %w", got, want, err)
	case got < want:
		return nil, fmt.Errorf("it is cut off: its header announces %d bytes of data (%v), and it has %d", want, x.dims, got)
	case got > want:
		return nil, fmt.Errorf("its header announces %d bytes of data (%v), and it has more", want, x.dims)
	}
	x.data = body.Bytes()
	return x, nil
}

// uncompressed returns the content of r, which is a gzip file or not by its first
// two bytes; its name may say otherwise.
func uncompressed(r io.ReadSeeker) (io.Reader, error) {
	var magic [2]byte
	n, err := io.ReadFull(r, magic[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if n == 0 {
		return nil, errors.New("it is empty")
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if magic != [2]byte{0x1f, 0x8b} {
		return r, nil
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, cutOff(err, "its gzip header is cut off")
	}
	return z, nil
}

func cutOff(err error, format string, args ...any) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it is cut off: "+format, args...)
	}
	return err
}
