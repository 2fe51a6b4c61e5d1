// A Hypercore feed: one process offers it, another takes it. `node feed.js offer FOLDER RECORDS` or
// `node feed.js take FOLDER PORT KEY COUNT`. RECORDS is a file of records, each behind its length (4 bytes, big-endian).
'use strict'
const { readFileSync } = require('fs')
const net = require('net')
const Hypercore = require('hypercore')

const BATCH = 100

async function offer (folder, file) {
  const bytes = readFileSync(file)
  const records = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at)
    records.push(bytes.subarray(at + 4, end))
    at = end
  }
  const core = new Hypercore(folder)
  await core.ready()
  for (let at = 0; at < records.length; at += BATCH) await core.append(records.slice(at, at + BATCH))
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    const stream = core.replicate(false)
    stream.on('error', () => {})
    socket.pipe(stream).pipe(socket)
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port, core.key.toString('hex')))
}

async function take (folder, port, key, count) {
  const core = new Hypercore(folder, Buffer.from(key, 'hex'))
  await core.ready()
  const began = process.hrtime.bigint()
  const used = process.cpuUsage()
  const socket = net.connect(port, '127.0.0.1')
  const stream = core.replicate(true)
  socket.pipe(stream).pipe(socket)
  await core.update({ wait: true })
  await core.download({ start: 0, end: count }).done()
  if (core.contiguousLength !== count) throw new Error(`${core.contiguousLength} of ${count} arrived`)
  const wall = Number(process.hrtime.bigint() - began) / 1e9
  const { user, system } = process.cpuUsage(used)
  console.log(JSON.stringify({ wall, cpu: (user + system) / 1e6 }))
  process.exit(0)
}

const [what, ...rest] = process.argv.slice(2)
if (what === 'offer') offer(rest[0], rest[1])
else take(rest[0], Number(rest[1]), rest[2], Number(rest[3]))
