/// Processes whose idle connections are kept when others are closed for new ones: those that a run has started.
package struct PreferredProcesses: Sendable {
    /// Most idle connections of one process that are kept: it may be hostile too.
    private static let limit = 16

    private var processes: Set<Int32> = []

    package init() {}

    package mutating func insert(_ process: Int32) { processes.insert(process) }
    package mutating func remove(_ process: Int32) { processes.remove(process) }

    /// The first of these connections, the oldest first, that is closed for a new one; nil when there are none.
    ///
    /// - Parameter owners: the process of each connection.
    package func firstToClose(_ owners: some Sequence<Int32?>) -> Int? {
        var isEmpty = true
        var counts: [Int32: Int] = [:]
        for (index, owner) in owners.enumerated() {
            isEmpty = false
            guard let owner, processes.contains(owner) else { return index }
            counts[owner, default: 0] += 1
            if counts[owner, default: 0] > Self.limit { return index }
        }
        return isEmpty ? nil : 0
    }
}
