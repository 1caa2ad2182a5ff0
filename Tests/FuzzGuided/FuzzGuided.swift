internal import Fuzzing
internal import Glibc

/// Coverage-guided inputs for one target, which the environment's `TARGET` names: what libFuzzer calls.
///
/// Its bytes are the choices that random numbers make elsewhere, so it learns which lead further.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    do {
        // The bytes are libFuzzer's, and there for this call.
        let choices = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
        try GuidedFuzz.run(choices)
    } catch {
        print("\(error)")
        abort()
    }
    return 0
}
