internal import Foundation
internal import Glibc
internal import Posix
internal import Simulation
internal import SystemPackage

/// The socket in a run folder at which visitors come, and their connections. Only the run's owner may use it.
final class VisitServer {
    /// Most visitors at the same time.
    static let limit = 64
    /// Bytes that wait for a visitor who does not read; with more it is closed.
    static let backlogLimit = 256 << 20
    /// The number of the listening socket as a visitor.
    private static let listenerNumber = 0

    private final class Visitor {
        let descriptor: Descriptor
        var received: [UInt8] = []
        var outgoing: [UInt8] = []
        /// Its descriptor is also watched for writing.
        var isFull = false
        /// Nothing is read from it: what it has sent before comes first.
        var waits = false

        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    private let listener: Descriptor
    private var visitors: [Int: Visitor] = [:]
    private var last = 0

    init(folder: String, simulation: Simulation) throws(Errno) {
        let path = "\(folder)/\(RunFolder.visitSocket)"
        listener = try UnixSocket.listen(path: path)
        _ = unsafe chmod(path, 0o600)
        try simulation.watch(listener, visitor: Self.listenerNumber)
    }

    var isEmpty: Bool { visitors.isEmpty }

    /// A descriptor is ready.
    ///
    /// - Returns: what the visitor asks for, in order; and whether it has gone.
    func isReady(_ number: Int, _ simulation: Simulation) -> (requests: [VisitRequest], hasGone: Bool) {
        guard number != Self.listenerNumber else {
            accept(simulation)
            return ([], false)
        }
        guard let visitor = visitors[number] else { return ([], false) }
        flush(number, visitor, simulation)
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        var hasGone = false
        do throws(Errno) {
            // The buffer outlives the call.
            let result = unsafe buffer.withUnsafeMutableBytes { room in
                Result { () throws(Errno) in
                    unsafe try UnixSocket.receive(visitor.descriptor, into: room, waits: false)
                }
            }
            let count = try result.get()
            visitor.received += buffer[..<count]
            hasGone = count == 0
        } catch .resourceTemporarilyUnavailable {
        } catch {
            hasGone = true
        }
        guard let frames = VisitFrame.take(from: &visitor.received, limit: VisitRequest.payloadLimit) else {
            return ([], true)
        }
        let requests = frames.map { VisitRequest(type: $0.type, payload: $0.payload) }
        return (requests.compactMap(\.self), hasGone || requests.contains(nil))
    }

    private func accept(_ simulation: Simulation) {
        // What cannot be accepted now has gone when it is tried again.
        while let descriptor = try? UnixSocket.accept(listener) {
            guard visitors.count < Self.limit, UnixSocket.peerIsOwner(descriptor) else { continue }
            last += 1
            let visitor = Visitor(descriptor)
            guard (try? simulation.watch(visitor.descriptor, visitor: last)) != nil else { continue }
            visitors[last] = visitor
        }
    }

    /// Whether what a visitor sends is to wait.
    func setWaits(_ waits: Bool, _ number: Int, _ simulation: Simulation) {
        guard let visitor = visitors[number], visitor.waits != waits else { return }
        visitor.waits = waits
        if waits {
            simulation.unwatch(visitor: visitor.descriptor)
        } else {
            try? simulation.watch(visitor.descriptor, visitor: number)
            visitor.isFull = false
            flush(number, visitor, simulation)
        }
    }

    /// Sends a reply, or keeps it until the visitor reads.
    ///
    /// - Returns: false when too much waits for it.
    @discardableResult
    func send(_ reply: VisitReply, to number: Int, _ simulation: Simulation) -> Bool {
        guard let visitor = visitors[number] else { return true }
        visitor.outgoing += reply.frame
        flush(number, visitor, simulation)
        return visitor.outgoing.count <= Self.backlogLimit
    }

    private func flush(_ number: Int, _ visitor: Visitor, _ simulation: Simulation) {
        var done = 0
        while done < visitor.outgoing.count {
            // The bytes outlive the call.
            let result = unsafe visitor.outgoing.withUnsafeBytes { bytes in
                Result { () throws(Errno) in
                    unsafe try UnixSocket.send(
                        visitor.descriptor, UnsafeRawBufferPointer(rebasing: bytes[done...]), waits: false)
                }
            }
            guard case .success(let count) = result else {
                if case .failure(let error) = result, error != .resourceTemporarilyUnavailable {
                    // Reading from it will say that it has gone.
                    done = visitor.outgoing.count
                }
                break
            }
            done += count
        }
        visitor.outgoing.removeFirst(done)
        guard !visitor.waits, visitor.isFull == visitor.outgoing.isEmpty else { return }
        visitor.isFull.toggle()
        try? simulation.watch(visitor.descriptor, visitor: number, isFull: visitor.isFull)
    }

    func close(_ number: Int, _ simulation: Simulation) {
        guard let visitor = visitors.removeValue(forKey: number) else { return }
        if !visitor.waits { simulation.unwatch(visitor: visitor.descriptor) }
    }

    /// The run is over: what still waits for visitors is sent, if they read it.
    func closeAll(_ simulation: Simulation) {
        for (number, visitor) in visitors {
            flush(number, visitor, simulation)
            if !visitor.waits { simulation.unwatch(visitor: visitor.descriptor) }
        }
        visitors = [:]
        simulation.unwatch(visitor: listener)
    }
}
