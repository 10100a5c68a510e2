package nrt

// Profile is called by packages that were generated for a profile, and by no
// others, as the numbered instruction of a plan begins; the profiler of
// runtime/bench sets it. Plans number their instructions from 0.
var Profile = func(instruction int) {}
