/**
 * `grpc.reflection.v1.ServerReflection`, and its twin v1alpha that older tools ask for: clients learn the services from
 * the server. Both versions are the same on the wire but for the package's name, so one implementation answers both.
 */
import {
  create,
  createRegistry,
  type DescFile,
  type DescService,
  fromBinary,
  type MessageInitShape,
  toBinary
} from "@bufbuild/protobuf"
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt"
import { Code, type ConnectRouter } from "@connectrpc/connect"
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema
} from "../../proto/gen/grpc/reflection/v1/reflection_pb.ts"
import {
  ServerReflectionRequestSchema as AlphaRequestSchema,
  ServerReflectionResponseSchema as AlphaResponseSchema,
  ServerReflection as ServerReflectionAlpha
} from "../../proto/gen/grpc/reflection/v1alpha/reflection_pb.ts"

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>

/** The file and all that it imports, the file first, each once. */
const closure = (file: DescFile, seen: Set<DescFile> = new Set()): Set<DescFile> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const dependency of file.dependencies) closure(dependency, seen)
  return seen
}

const notFound = (what: string): Answer => ({
  case: "errorResponse",
  value: { errorCode: Code.NotFound, errorMessage: `${what} not found` }
})

const filesOf = (file: DescFile): Answer => ({
  case: "fileDescriptorResponse",
  value: {
    fileDescriptorProto: Array.from(closure(file), ({ proto }) => toBinary(FileDescriptorProtoSchema, proto))
  }
})

/** Answers questions about the services. */
const answerer = (services: ReadonlyArray<DescService>) => {
  const files = new Map<string, DescFile>()
  for (const service of services) for (const file of closure(service.file)) files.set(file.proto.name, file)
  const registry = createRegistry(...files.values())

  // A method, field or enum value is declared where what it belongs to is.
  const fileOf = (symbol: string): DescFile | undefined => {
    const found = registry.get(symbol)
    if (found !== undefined) return found.file
    const parent = registry.get(symbol.slice(0, Math.max(0, symbol.lastIndexOf("."))))
    return parent?.file
  }

  return ({ messageRequest }: ServerReflectionRequest): Answer => {
    switch (messageRequest.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: { service: services.map(({ typeName }) => ({ name: typeName })) }
        }
      case "fileByFilename": {
        const file = files.get(messageRequest.value)
        return file === undefined ? notFound(messageRequest.value) : filesOf(file)
      }
      case "fileContainingSymbol": {
        const file = fileOf(messageRequest.value)
        return file === undefined ? notFound(messageRequest.value) : filesOf(file)
      }
      case "fileContainingExtension":
        return notFound(`extension of ${messageRequest.value.containingType}`)
      case "allExtensionNumbersOfType":
        return registry.getMessage(messageRequest.value) === undefined
          ? notFound(messageRequest.value)
          : { case: "allExtensionNumbersResponse", value: { baseTypeName: messageRequest.value } }
      case undefined:
        return { case: "errorResponse", value: { errorCode: Code.InvalidArgument, errorMessage: "nothing was asked" } }
    }
  }
}

/** Registers both versions of the reflection service, which tell of `services` and of themselves. */
export const registerReflection = (router: ConnectRouter, services: ReadonlyArray<DescService>): void => {
  const answerTo = answerer([...services, ServerReflection, ServerReflectionAlpha])
  const respond = (request: ServerReflectionRequest) =>
    create(ServerReflectionResponseSchema, {
      validHost: request.host,
      originalRequest: request,
      messageResponse: answerTo(request)
    })
  router.service(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) yield respond(request)
    }
  })
  router.service(ServerReflectionAlpha, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        const response = respond(fromBinary(ServerReflectionRequestSchema, toBinary(AlphaRequestSchema, request)))
        yield fromBinary(AlphaResponseSchema, toBinary(ServerReflectionResponseSchema, response))
      }
    }
  })
}
