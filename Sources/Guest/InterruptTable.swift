/// Descriptors that interrupt a guest while it waits, in the order in which they were added.
final class InterruptTable {
    private struct Source {
        let descriptor: Int32
        let handler: GuestEvent.Handler
    }

    private var sources: [Source] = []
    /// For `GuestHost.wait`.
    private(set) var descriptors: [Int32] = []

    var isEmpty: Bool { sources.isEmpty }

    func add(_ descriptor: Int32, _ handler: @escaping GuestEvent.Handler) {
        sources.append(Source(descriptor: descriptor, handler: handler))
        descriptors = sources.map(\.descriptor)
    }

    func remove(_ descriptor: Int32) {
        sources.removeAll { $0.descriptor == descriptor }
        descriptors = sources.map(\.descriptor)
    }

    /// The source at `index` of `descriptors` can be read.
    func handle(_ index: Int) throws(GuestError) { try sources[index].handler() }
}
