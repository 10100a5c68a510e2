package check

// later holds words of LANGUAGE.md section 10 that this version cannot compile
// yet: using one is E0601, and not a misspelling.
var later = map[string]bool{
	"dice": true, "iou": true, "giou": true, "ciou": true, "triplet": true, "contrastive": true, "nt_xent": true,
	"arcface": true, "cosface": true, "kl": true, "distill": true,
	"match": true, "decode": true, "nms": true, "roi_align": true,
	"randint": true, "randn_like": true, "diffuse": true, "cosine_beta": true, "blank": true, "classes_of": true,
	"gradcam": true,
}
