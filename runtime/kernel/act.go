package kernel

import "math"

// Act is the activation at the end of a convolution or matrix product.
type Act uint8

// The activations. Arguments are in Epilogue.Args: clamp {lo, hi}, leaky
// {alpha, _}; the others have none. Gelu is the form by erf. The vector forms stay
// within 4 ULP of the exact value, gelu within 8 for x >= -4 and 3e-8 below, sigmoid
// and silu for x >= -86 and 1e-35 below; a NaN stays NaN.
const (
	ActNone Act = iota
	ActRelu
	ActTanh
	ActSigmoid
	ActClamp
	ActLeaky
	ActSilu
	ActGelu
	ActHardswish
)

var actNames = [...]string{"none", "relu", "tanh", "sigmoid", "clamp", "leaky", "silu", "gelu", "hardswish"}

// ParseAct returns the activation that an `act` attribute spells; ok is false
// for any other word.
func ParseAct(name string) (a Act, ok bool) {
	for i, n := range actNames {
		if n == name {
			return Act(i), true
		}
	}
	return ActNone, false
}

// String returns the word that ParseAct reads.
func (a Act) String() string {
	if int(a) < len(actNames) {
		return actNames[a]
	}
	return "act(?)"
}

// Epilogue is the work fused after a contraction:
//
//	y = act(contraction + bias + residual)
//
// where Bias is one value per output channel or column and Residual has the
// shape of y.
type Epilogue struct {
	Bias, Residual bool
	Act            Act
	Args           [2]float32
}

// Apply is the activation of one value: the definition for the vector forms.
func (e *Epilogue) Apply(x float32) float32 { return e.apply(x) }

func (e *Epilogue) apply(x float32) float32 {
	switch e.Act {
	case ActRelu:
		if x < 0 {
			return 0
		}
	case ActTanh:
		return float32(math.Tanh(float64(x)))
	case ActSigmoid:
		return float32(1 / (1 + math.Exp(-float64(x))))
	case ActClamp:
		if x < e.Args[0] {
			return e.Args[0]
		}
		if x > e.Args[1] {
			return e.Args[1]
		}
	case ActLeaky:
		if x < 0 {
			return x * e.Args[0]
		}
	case ActSilu:
		return float32(float64(x) / (1 + math.Exp(-float64(x))))
	case ActGelu:
		return float32(0.5 * float64(x) * (1 + math.Erf(float64(x)/math.Sqrt2)))
	case ActHardswish:
		return x * min(max(x/6+0.5, 0), 1)
	}
	return x
}
