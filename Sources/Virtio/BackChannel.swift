internal import Posix
internal import SystemPackage

/// The socket over which a device interrupts its guest (vhost-user, SET_BACKEND_REQ_FD).
///
/// The guest holds the same open file and may make it blocking again at any time: no call here waits.
final class BackChannel {
    let socket: Descriptor
    /// Calls without their reply.
    private(set) var unanswered = 0
    private var decoder = VhostUserDecoder()

    init(_ socket: consuming Descriptor) { self.socket = socket }

    /// VRING_CALL, with NEED_REPLY if the reply is wanted.
    func call(queue: Int, wantsReply: Bool) throws(BackendError.Rule) {
        var payload: [UInt8] = []
        payload.append(native: UInt32(queue))
        payload.append(native: UInt32(0))
        try send(.vringCall, payload, wantsReply: wantsReply)
    }

    /// CONFIG_CHANGE_MSG with NEED_REPLY.
    func noteConfigChange() throws(BackendError.Rule) { try send(.configChange, [], wantsReply: true) }

    private func send(_ request: BackendRequest, _ payload: [UInt8], wantsReply: Bool) throws(BackendError
        .Rule)
    {
        if wantsReply { unanswered += 1 }
        let flags = HeaderFlags.version | (wantsReply ? HeaderFlags.needReply : 0)
        let bytes = vhostUserFrame(request: request.rawValue, flags: flags, payload: payload)
        try Backend.send(bytes, over: socket)
    }

    func receiveReply() throws(BackendError.Rule) -> Backend.Reply {
        var room = [UInt8](repeating: 0, count: 256)
        // The buffer outlives the call. Descriptors, which no reply carries, are closed by the kernel.
        let result = unsafe room.withUnsafeMutableBytes { bytes in
            Result { () throws(Errno) in try unsafe UnixSocket.receive(socket, into: bytes, waits: false)
            }
        }
        let count: Int
        switch result {
        case .success(let received): count = received
        case .failure(.resourceTemporarilyUnavailable): return .incomplete
        case .failure: return .closed
        }
        try decoder.append(room[..<count], descriptors: [])
        guard count > 0 else { return .closed }
        while let message = try decoder.next() {
            guard unanswered > 0, message.flags & HeaderFlags.reply != 0,
                BackendRequest(rawValue: message.request) != nil, message.payload.count == 8
            else { throw .unexpectedReply }
            unanswered -= 1
            guard message.u64(at: 0) == 0 else { throw .refusedInterrupt(message.u64(at: 0)) }
        }
        return unanswered == 0 ? .replied : .incomplete
    }
}
