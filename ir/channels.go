package ir

import "strings"

// ByChannel reports whether in computes a channel of its results, for all images of a
// batch, from that channel of its operands alone, and how many channels there are. Its
// images are in blocks that the channels fill; weights and statistics lie channel by
// channel.
func ByChannel(in *Instr, batch string) (channels int64, ok bool) {
	var images []*Value
	switch in.Op.Name {
	case "bn_train":
		images = []*Value{in.Args[0], in.Outs[0], in.Args[5]}
	case "bn_again":
		images = []*Value{in.Args[0], in.Outs[0]}
	case "bn_dx":
		images = []*Value{in.Args[0], in.Args[1], in.Outs[0], in.Args[5]}
	case "maxpool":
		images = []*Value{in.Args[0], in.Outs[0], in.Outs[1]}
	case "maxpool_dx":
		images = []*Value{in.Args[0], in.Args[1], in.Outs[0]}
	case "conv":
		images = []*Value{in.Args[0], in.Outs[0], in.Args[3]}
	case "conv_dx":
		images = []*Value{in.Args[0], in.Outs[0], in.Args[2], in.Args[3]}
	case "conv_dw":
		images = []*Value{in.Args[0], in.Args[1]}
	default:
		return 0, false
	}
	for _, v := range images {
		if v == nil {
			continue
		}
		if _, images := v.ByImage(batch); !images || v.Layout.Plain() || channels > 0 && v.Map().C != channels {
			return 0, false
		}
		channels = v.Map().C
	}
	if strings.HasPrefix(in.Op.Name, "conv") && in.Attrs.Int("groups") != channels {
		return 0, false
	}
	return channels, channels%int64(Blocked.Block) == 0
}
