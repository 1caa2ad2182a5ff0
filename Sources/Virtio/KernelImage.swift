internal import Posix

/// The image of a guest's kernel in its process. Guest (physical) addresses count from where the image begins, which is the lowest
/// mapping of the process (arch/um/kernel/um_arch.c, uml_physmem).
final class KernelImage {
    private let process: Int32
    private var start: UInt64?

    init(process: Int32) { self.process = process }

    /// The bytes at a guest address; nil when they cannot be read whole.
    func bytes(at address: UInt64, count: Int) -> [UInt8]? {
        if start == nil { start = Posix.lowestMapping(of: process) }
        guard let start else { return nil }
        let bytes = try? Posix.memory(of: process, at: start &+ address, count: count)
        return bytes?.count == count ? bytes : nil
    }
}
