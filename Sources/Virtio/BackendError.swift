/// Why a device's connection is ended: what the guest did wrong, in one line that names the device.
package struct BackendError: Error, Sendable, CustomStringConvertible {
    /// The rule that was broken.
    enum Rule: Error, Sendable, CustomStringConvertible {
        case queue(Int, VirtqueueError)
        case memory(GuestMemoryError)
        case socket(String)
        case payloadTooLong(Int)
        case badVersion(UInt32)
        case unknownRequest(UInt32)
        case badPayload(FrontendRequest, Int)
        case missingDescriptor(FrontendRequest)
        case featureNotOffered(UInt64)
        case protocolFeatureNotOffered(UInt64)
        case queueOutOfRange(UInt64)
        case queueNotReady(Int)
        case inBandOnly(FrontendRequest)
        case configOutOfRange(offset: UInt32, size: UInt32)
        case frameTooLong(Int, limit: Int)
        case descriptorsLost
        case noBackChannel
        case refusedInterrupt(UInt64)
        case unexpectedReply
        case neverReads

        var description: String {
            switch self {
            case .queue(let index, let error): "queue \(index): \(error)"
            case .memory(let error): "\(error)"
            case .socket(let reason): reason
            case .payloadTooLong(let length): "a message with a payload of \(length) bytes"
            case .badVersion(let flags): "a message with the flags \(hex(UInt64(flags))): not version 1"
            case .unknownRequest(let request): "request \(request), which is not offered"
            case .badPayload(let request, let length): "\(request) with a payload of \(length) bytes"
            case .missingDescriptor(let request): "\(request) without its descriptor"
            case .featureNotOffered(let bits): "the features \(hex(bits)), which are not offered"
            case .protocolFeatureNotOffered(let bits):
                "the protocol features \(hex(bits)), which are not offered"
            case .queueOutOfRange(let index): "queue \(index), which this device does not have"
            case .queueNotReady(let index): "a kick of queue \(index), which is not set up"
            case .inBandOnly(let request):
                "\(request) with a descriptor: only in-band notifications are offered"
            case .configOutOfRange(let offset, let size): "config space of \(size) bytes from \(offset)"
            case .frameTooLong(let length, let limit):
                "a frame of \(length) bytes; this device takes \(limit)"
            case .descriptorsLost: "more descriptors than a message may carry"
            case .noBackChannel: "it wants interrupts but gave no back channel (SET_BACKEND_REQ_FD)"
            case .refusedInterrupt(let status): "the guest refused an interrupt: \(status)"
            case .unexpectedReply: "a reply to nothing on the back channel"
            case .neverReads: "the guest does not read its device socket"
            }
        }
    }

    let device: String
    let rule: Rule

    package var description: String { "\(device): \(rule)" }
}
