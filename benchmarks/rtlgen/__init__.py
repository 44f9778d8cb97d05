"""Generated RTL problems: families of modules, their words, designs, behaviour and checks."""
