package tiles

import "testing"

// TestExpect: at any pace taps go past every byte of the weights of the next call, and leave
// none of a step out.
func TestExpect(t *testing.T) {
	walk := Walk{Steps: 8, Taps: make([]int, 11), Single: 2}
	for _, over := range []int{Soon, Later, Latest} {
		var a Args
		a.Expect(new(float32), walk, over)
		if got, want := a.AheadTaps*a.AheadBytes, 9*tapBytes; got != want || a.AheadBytes > FetchBytes {
			t.Errorf("over %d tiles: %d taps of %d bytes, want %d bytes in all, at most %d a tap", over, a.AheadTaps, a.AheadBytes, want, FetchBytes)
		}
	}
}
