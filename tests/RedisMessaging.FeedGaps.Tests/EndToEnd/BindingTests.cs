using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Pipelines.Sockets.Unofficial;
using StackExchange.Redis;

namespace RedisMessaging.FeedGaps.Tests.EndToEnd;

/// <summary>Everything StackExchange.Redis binds to is there, in the assembly that is meant.</summary>
public sealed class BindingTests
{
    [Fact]
    public void The_stand_in_takes_the_packages_place()
    {
        var assembly = typeof(SocketConnection).Assembly.GetName();
        assembly.Name.Should().Be("Pipelines.Sockets.Unofficial");
        assembly.Version.Should().Be(new Version(1, 0, 0, 0));
        assembly.GetPublicKeyToken().Should().BeEmpty("the real one is signed");
    }

    [Theory]
    [InlineData("Pipelines.Sockets.Unofficial")]
    [InlineData("System.IO.Hashing")]
    public void Every_member_that_is_bound_to_exists(string assemblyName)
    {
        var module = typeof(ConnectionMultiplexer).Module;
        using var file = new PEReader(File.OpenRead(module.FullyQualifiedName));
        var metadata = file.GetMetadataReader();

        // Any types do for the parameters of a generic type; these meet the constraint of the delegate enumerators.
        var arguments = Enumerable.Repeat(typeof(Action), 4).ToArray();
        var bound = 0;
        foreach (var handle in metadata.MemberReferences)
        {
            if (AssemblyOf(metadata, metadata.GetMemberReference(handle).Parent) == assemblyName)
            {
                module.ResolveMember(MetadataTokens.GetToken(handle), arguments, arguments).Should().NotBeNull();
                bound++;
            }
        }

        foreach (var handle in metadata.TypeReferences)
        {
            if (AssemblyOf(metadata, handle) == assemblyName)
            {
                module.ResolveType(MetadataTokens.GetToken(handle)).Should().NotBeNull();
                bound++;
            }
        }

        bound.Should().BePositive();
    }

    private static string? AssemblyOf(MetadataReader metadata, EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeReference => AssemblyOf(metadata, metadata.GetTypeReference((TypeReferenceHandle)handle).ResolutionScope),
        HandleKind.TypeSpecification => AssemblyOfGeneric(metadata, (TypeSpecificationHandle)handle),
        HandleKind.AssemblyReference
            => metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)handle).Name),
        _ => null,
    };

    // A generic instance begins with its marker, then class or value type, then the type itself.
    private static string? AssemblyOfGeneric(MetadataReader metadata, TypeSpecificationHandle handle)
    {
        var signature = metadata.GetBlobReader(metadata.GetTypeSpecification(handle).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return null;
        }

        signature.ReadByte();
        return AssemblyOf(metadata, signature.ReadTypeHandle());
    }
}
