internal import Guest
package import Network

/// A model machine's IPv4: answers ARP and ICMP echo on all interfaces, and sends and receives UDP and echo for the
/// machine's program. It does not fragment, route or forget: peers are in its own subnets, and an address found by ARP is
/// kept.
package final class IPv4Stack {
    /// ARP requests before an address counts as unreachable, a second apart (RFC 1122, 2.3.2.1).
    package static let resolveAttempts = 3

    private unowned let machine: ModelMachine
    private var neighbours: [IPv4Address: (mac: MACAddress, interface: Int)] = [:]
    private var resolving: [IPv4Address: GuestSignal] = [:]
    /// Called for a UDP datagram to this port: datagram, whose it is.
    package var onUDP: [UInt16: (UDPDatagram, Peer) -> Void] = [:]
    /// Called for echo replies.
    package var onEchoReply: ((ICMPEcho, Peer) -> Void)?
    /// Called for frames of the kind for experiments, from a machine's traffic.
    package var onExperiment: ((ArraySlice<UInt8>) -> Void)?

    /// Where a packet came from, and how to answer.
    package struct Peer: Hashable, Sendable {
        package let address: IPv4Address
        package let mac: MACAddress
        package let interface: Int
    }

    init(_ machine: ModelMachine) { self.machine = machine }

    // MARK: Receiving

    /// A frame has arrived.
    func receive(_ frame: ModelFrame) {
        let interface = machine.interfaces[frame.interface]
        guard let header = EthernetHeader(frame.bytes),
            header.destination == interface.mac || header.destination == .broadcast
        else { return }
        switch header.kind {
        case EthernetHeader.Kind.arp:
            if let packet = ARPPacket(frame: frame.bytes) { receive(packet, on: frame.interface) }
        case EthernetHeader.Kind.ipv4:
            guard let packet = IPv4Packet(frame: frame.bytes), packet.destination == interface.address else {
                return
            }
            receive(
                packet, from: Peer(address: packet.source, mac: header.source, interface: frame.interface))
        case EthernetHeader.Kind.experimental:
            onExperiment?(frame.bytes[EthernetHeader.size...])
        default:
            return
        }
    }

    private func receive(_ packet: ARPPacket, on index: Int) {
        let interface = machine.interfaces[index]
        guard packet.target == interface.address else { return }
        if interface.subnet.contains(packet.sender) {
            neighbours[packet.sender] = (packet.senderMAC, index)
            resolving.removeValue(forKey: packet.sender)?.signal()
        }
        guard packet.operation == .request else { return }
        let reply = ARPPacket(
            .reply, senderMAC: interface.mac, sender: interface.address, targetMAC: packet.senderMAC,
            target: packet.sender)
        machine.send(reply.frame, by: index)
    }

    private func receive(_ packet: IPv4Packet, from peer: Peer) {
        switch packet.carried {
        case IPv4Packet.Carried.icmp:
            guard var echo = ICMPEcho(packet.payload) else { return }
            guard !echo.isReply else {
                onEchoReply?(echo, peer)
                return
            }
            echo.isReply = true
            send(echo.payload, IPv4Packet.Carried.icmp, to: peer)
        case IPv4Packet.Carried.udp:
            guard let datagram = UDPDatagram(packet) else { return }
            onUDP[datagram.destinationPort]?(datagram, peer)
        default:
            return
        }
    }

    // MARK: Sending

    /// Where to send for `address`; nil when it is in no subnet of this machine's or does not answer.
    package func resolve(_ address: IPv4Address) async throws -> Peer? {
        guard let index = machine.interfaces.firstIndex(where: { $0.subnet.contains(address) }) else {
            return nil
        }
        let interface = machine.interfaces[index]
        let request = ARPPacket(
            .request, senderMAC: interface.mac, sender: interface.address, targetMAC: MACAddress(value: 0),
            target: address)
        for _ in 0..<Self.resolveAttempts {
            if let known = neighbours[address] {
                return Peer(address: address, mac: known.mac, interface: known.interface)
            }
            let signal = resolving[address] ?? GuestSignal(machine.clock)
            resolving[address] = signal
            machine.send(request.frame, by: index)
            _ = try await signal.wait(until: machine.clock.instant.advanced(by: .seconds(1)))
        }
        return neighbours[address].map { Peer(address: address, mac: $0.mac, interface: $0.interface) }
    }

    /// Sends an echo request.
    package func send(_ echo: ICMPEcho, to peer: Peer) {
        send(echo.payload, IPv4Packet.Carried.icmp, to: peer)
    }

    /// Sends a datagram.
    package func send(_ datagram: UDPDatagram, to peer: Peer) {
        let source = machine.interfaces[peer.interface].address
        send(datagram.payload(from: source, to: peer.address), IPv4Packet.Carried.udp, to: peer)
    }

    /// Sends a frame of the kind for experiments.
    package func sendExperiment(_ data: [UInt8], to peer: Peer) {
        var frame: [UInt8] = []
        frame.reserveCapacity(EthernetHeader.size + data.count)
        EthernetHeader(
            destination: peer.mac, source: machine.interfaces[peer.interface].mac,
            kind: EthernetHeader.Kind.experimental
        ).append(to: &frame)
        frame += data
        machine.send(frame, by: peer.interface)
    }

    private func send(_ payload: [UInt8], _ carried: UInt8, to peer: Peer) {
        let interface = machine.interfaces[peer.interface]
        let packet = IPv4Packet(
            source: interface.address, destination: peer.address, carried: carried, payload: payload)
        machine.send(packet.frame(from: interface.mac, to: peer.mac), by: peer.interface)
    }
}
