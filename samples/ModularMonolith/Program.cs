using ModularMonolith;

// ModularMonolith               the story
// ModularMonolith --orders 20   with more orders
Console.OutputEncoding = System.Text.Encoding.UTF8;
return await Story.RunAsync(args) ? 0 : 1;
